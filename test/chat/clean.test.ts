import fc from 'fast-check';
import { cleanMessage, type RawMessage, straighten } from '../../src/chat/clean';
import { describeNotice, type Notice } from '../../src/chat/notices';
import { parseMessage } from '../../src/chat/parse';

const bot = '<at>Live Response</at>';
const clean = (text: string, more: Partial<RawMessage> = {}) =>
  cleanMessage({ text, html: null, textFormat: 'plain', botMentions: [bot], ...more });
const fromHtml = (html: string) => clean('not this', { html });

describe('plain text', () => {
  test.each([
    ['a mention in front', `${bot} help`, 'help'],
    ['the blank that Teams puts behind it', `${bot}&nbsp;help`, 'help'],
    ['another case', '<AT>live response</AT>&NBSP;help', 'help'],
    ['several mentions', `${bot} ${bot}\u00a0help ${bot}`, 'help'],
    ['a mention without a blank', `on ws-042${bot}\nrun a.ps1`, 'on ws-042 \nrun a.ps1'],
    ['other people in front', `<at>Bo</at> ${bot} help`, 'help'],
    ['other people in the text', 'deny 7F3K because <at>Bo</at> said so', 'deny 7F3K because Bo said so'],
    ['zero-width characters around', '\ufeff\u200bhelp\u200b', 'help'],
    ['Windows line ends', 'on a\r\nrun b\rbecause c', 'on a\nrun b\nbecause c'],
    ['line separators', 'on a\u2028run b\u2029because c', 'on a\nrun b\nbecause c'],
    ['a code fence', '```\non a\nrun b\n```', 'on a\nrun b'],
    ['a code fence with a language', '```powershell\non a\nrun b\n```', 'on a\nrun b'],
    ['a code fence on one line', '```on a run b```', 'on a run b'],
    ['a code fence inside', 'on a\n```\nrun b\n```\nbecause c', 'on a\nrun b\nbecause c'],
    ['backticks around lines', '`on a`\n`run b`', 'on a\nrun b'],
  ])('%s', (_name, text, expected) => {
    expect(clean(text)).toEqual({ text: expected, notices: [] });
  });

  test.each([
    ['backslashes, stars and underscores', 'getfile C:\\windows\\TEMP\\*x*\\_a_.zip'],
    ['entities, since plain text has none', 'run a.ps1 &amp;&lt;b&gt; &#65;'],
    ['tags that are not mentions', 'run a.ps1 <b>x</b> <br>'],
    ['backticks inside a line', 'run a.ps1 `x` `n'],
    ['links with other words', 'run a.ps1 [x](http://y)'],
    ['a pair of brackets that is no link', 'run a.ps1 [a](a)'],
    ['zero-width characters inside, to be refused later', 'run a\u200b.ps1'],
    ['tabs and repeated blanks', 'run a.ps1 x  y\tz'],
  ])('%s stay', (_name, text) => {
    expect(clean(text)).toEqual({ text, notices: [] });
  });

  test('an automatic link is undone and said', () => {
    const { text, notices } = clean('on [ws-042.contoso.com](http://ws-042.contoso.com)');
    expect(text).toBe('on ws-042.contoso.com');
    expect(notices).toEqual([
      { type: 'respelled', was: 'on [ws-042.contoso.com](http://ws-042.contoso.com)', now: 'on ws-042.contoso.com' },
    ]);
    expect(clean('[a@b.example](mailto:a@b.example)').text).toBe('a@b.example');
    expect(clean('[http://a.example/](http://a.example)').text).toBe('http://a.example/');
  });
});

describe('markup', () => {
  test.each([
    ['paragraphs', '<p>on a</p>\n<p>run b</p><p>because c</p>', 'on a\nrun b\nbecause c'],
    ['line breaks', '<div>on a<br>run b<br/>because c</div>', 'on a\nrun b\nbecause c'],
    ['nested blocks', '<div><div>on a</div><div>run b</div></div>', 'on a\nrun b'],
    [
      'a code block',
      '<p>on a</p><pre><code>run b  "x  y"\n  getfile C:\\_c_</code></pre>',
      'on a\nrun b  "x  y"\n  getfile C:\\_c_',
    ],
    ['a list', '<ul><li>on a</li><li>run b</li></ul>', 'on a\nrun b'],
    ['inline code', '<p>on a <code>run b</code></p>', 'on a run b'],
    [
      'entities, once',
      'a &amp;lt; &lt;b&gt; &quot;&#65;&#x42;&apos; &bsol; &unknown; &#0; &#xD800;',
      'a &lt; <b> "AB\' \\ &unknown; \ufffd \ufffd',
    ],
    ['non-breaking blanks, kept for the parser to tell', 'a&nbsp; b', 'a\u00a0 b'],
    ['the mention', '<p><at id="0">Live Response</at>&nbsp;help</p>', 'help'],
    [
      'the mention as a span',
      '<span itemtype="http://schema.skype.com/Mention" itemid="0">Live&nbsp;Response</span> help',
      'help',
    ],
    ['other people in the text', 'cancel 7F3K because <at id="1">Bo</at> asked', 'cancel 7F3K because Bo asked'],
    ['an automatic link', 'on <a href="http://ws.contoso.com/" title="x">ws.contoso.com</a>', 'on ws.contoso.com'],
    ['emoji', 'help <emoji alt="🙂"></emoji><img itemtype="http://schema.skype.com/Emoji" alt="🙂">', 'help 🙂🙂'],
    ['comments and scripts', '<!-- x -->help<style>p{}</style><script>1</script>', 'help'],
    ['a lone <', 'run a 1 < 2 <3', 'run a 1 < 2 <3'],
    ['tags left open', '<p>on a<p>run b <code>c', 'on a\nrun b c'],
  ])('%s', (_name, html, expected) => {
    expect(fromHtml(html)).toEqual({ text: expected, notices: [] });
  });

  test('is also undone in text that says it is XML', () => {
    expect(clean('<at>Live Response</at> on a<br/>run b &amp; c', { textFormat: 'xml' }).text).toBe('on a\nrun b & c');
  });

  test('that holds no text leaves the plain text', () => {
    expect(clean('help', { html: '<div></div>' }).text).toBe('help');
  });

  test('what may have changed the meaning is told', () => {
    const { text, notices } = fromHtml(
      '<blockquote itemtype="http://schema.skype.com/Reply"><p>on other run x</p></blockquote>' +
        '<p>run a.ps1 <strong>b</strong> <a href="https://evil.example">ok</a> <img src="x"></p>',
    );
    expect(text).toBe('run a.ps1 b ok');
    expect(notices).toEqual<Notice[]>([
      { type: 'quoteLeftOut' },
      { type: 'formatting', text: 'b' },
      { type: 'link', text: 'ok', address: 'https://evil.example' },
      { type: 'pictureLeftOut' },
    ]);
  });
});

describe('what a reader sees apart is apart', () => {
  test.each<readonly [string, string, string]>([
    [
      'cells of a row',
      '<table><tr><td>on</td><td>ws-042</td></tr><tr><th>run</th><td>a.ps1</td></tr></table>',
      'on ws-042\nrun a.ps1',
    ],
    [
      'cells that hold paragraphs',
      '<tr><td><p>on</p></td><td>\n<p>ws-042</p></td></tr><tr><td></td><td>run a.ps1</td></tr>',
      'on ws-042\nrun a.ps1',
    ],
    ['cells that were left open', '<table><tr><td>on<td>ws-042<tr><td>run<td>a.ps1</table>', 'on ws-042\nrun a.ps1'],
    [
      'lines within a cell',
      '<tr><td>on ws-042<br>run a.ps1</td><td>because x</td></tr>',
      'on ws-042\nrun a.ps1 because x',
    ],
    ['paragraphs within a cell', '<tr><td><p>on ws-042</p><p>run a.ps1</p></td></tr>', 'on ws-042\nrun a.ps1'],
    ...'address caption dt dd option li p div pre h1 section article figcaption summary legend'
      .split(' ')
      .map((tag) => [tag, `<${tag}>on ws-042</${tag}><${tag}>run a.ps1</${tag}>`, 'on ws-042\nrun a.ps1'] as const),
    ['a rule', 'on ws-042<hr>run a.ps1', 'on ws-042\nrun a.ps1'],
  ])('%s', (_name, html, expected) => {
    expect(fromHtml(html)).toEqual({ text: expected, notices: [] });
  });
});

describe('own words', () => {
  const request = 'on ws-042 run a.ps1 because INC-1';
  const quote = (type: string) =>
    `<blockquote itemscope itemtype="http://schema.skype.com/${type}"><p>Bo</p><p>${request}</p></blockquote>`;
  const asked = (raw: Partial<RawMessage>) => parseMessage(clean(raw.text ?? '', raw));

  test.each([
    ['a forward', { text: `Bo\n${request}`, html: quote('Forward') }],
    [
      'a forward after the mention',
      { text: `${bot} ${request}`, html: `<at>Live Response</at>&nbsp;${quote('Forward')}` },
    ],
    ['a quotation', { text: request, html: `${quote('Reply')}<p>&nbsp;</p>` }],
    ['a quotation marked by hand', { text: request, html: `<blockquote>${request}</blockquote>` }],
    ['nested quotations', { text: request, html: `<blockquote>x${quote('Reply')}y</blockquote>` }],
    ['a forward that is attached, without markup', { text: request, isForward: true }],
    [
      'a forward that is attached, with markup',
      { text: request, html: '<attachment id="1"></attachment>', isForward: true },
    ],
    ['a placeholder', { text: '<quoted messageId="1"/>', quotedIds: ['1'] }],
  ])("%s alone is nobody's request", (_name, raw) => {
    expect(asked(raw)).toEqual({ ok: false, error: [{ type: 'onlyQuoted' }] });
  });

  test.each(['Reply', 'Forward'])('count beside %s, and nothing else does', (type) => {
    const { text, notices } = clean('', { html: `${quote(type)}<p>status</p>`, text: `${request} status` });
    expect({ text, notices }).toEqual({ text: 'status', notices: [{ type: 'quoteLeftOut' }] });
    expect(
      clean('', { html: '<p>queue</p><attachment id="1"></attachment>', isForward: true, text: request }).text,
    ).toBe('queue');
  });

  test.each(['status 7F3K', request, 'deny 7F3K because no', 'help'])(
    '%s is read behind a placeholder that an entity announces',
    (words) => {
      const quotedIds = ['1700000000001'];
      for (const [open, close, mark] of [
        ['<', '>', '"'],
        ['&lt;', '&gt;', '"'],
        ['&lt;', '&gt;', '&quot;'],
      ]) {
        const placeholder = `${open}quoted messageId=${mark}1700000000001${mark}/${close}`;
        expect(clean(`${placeholder} ${words}`, { quotedIds })).toEqual({ text: words, notices: [] });
        expect(clean(`${bot} ${placeholder}${placeholder}\n${words}`, { quotedIds }).text).toBe(words);
        expect(clean('', { quotedIds, html: `<p>${placeholder} ${words}</p>` })).toEqual({ text: words, notices: [] });
      }
      expect(clean('', { quotedIds, html: `<quoted messageid="1700000000001"></quoted>${words}` }).text).toBe(words);
    },
  );

  test('a placeholder that nothing announces is what was typed', () => {
    expect(clean('run a.ps1 <quoted messageId="1"/>', { quotedIds: ['2'] }).text).toBe(
      'run a.ps1 <quoted messageId="1"/>',
    );
    expect(clean('<quoted messageId="1"/> status').text).toBe('<quoted messageId="1"/> status');
  });
});

describe('straightening', () => {
  test.each([
    ['run “a b.ps1” ‘c’', 'run "a b.ps1" \'c\''],
    ['run a –Name “b”', 'run a -Name "b"'],
    ['run a —Name x', 'run a --Name x'],
    ['run a – x 1–2', 'run a - x 1-2'],
    ['run a "b\u00a0c"', 'run a "b c"'],
  ])('%j is read as %j, and that is told', (was, now) => {
    expect(straighten(was)).toEqual({ text: now, notices: [{ type: 'respelled', was, now }] });
  });

  test('a non-breaking blank outside double quotes is a blank, and nothing is told', () => {
    const was = 'run\u00a0"a b.ps1"\u00a0 c\u00a0"d"';
    expect(straighten(was)).toEqual({ text: 'run "a b.ps1"  c "d"', notices: [] });
  });

  test('plain text stays and nothing is told', () => {
    expect(straighten('run a --b "c" -d \'e\'\u00a0')).toEqual({ text: 'run a --b "c" -d \'e\' ', notices: [] });
  });
});

test('every notice says how it was read and what to do if that is wrong', () => {
  const notices: Notice[] = [
    { type: 'respelled', was: 'run “a”\u00a0b', now: 'run "a" b' },
    { type: 'respelled', was: 'run a –Name “b”', now: 'run a -Name "b"' },
    { type: 'respelled', was: 'run a —Name b', now: 'run a --Name b' },
    { type: 'formatting', text: 'x' },
    { type: 'link', text: 'x', address: 'https://y.example' },
    { type: 'quoteLeftOut' },
    { type: 'pictureLeftOut' },
    { type: 'emojiInCommand', command: { type: 'RunScript', scriptName: 'a.ps1', args: '-Name 😃' } },
    { type: 'becauseInCommand', command: { type: 'RunScript', scriptName: 'a.ps1', args: 'because x' } },
    { type: 'commandInReason', text: 'getfile C:\\a' },
  ];
  expect(notices.map(describeNotice).join('\n')).toMatchInlineSnapshot(`
"I read "run “a”\\u{a0}b" as "run "a" b", because apps replace quotes, dashes, blanks and links while people type. If that is wrong, send it as a code block or use the form (new).
I read "run a –Name “b”" as "run a -Name "b"", because apps replace quotes, dashes, blanks and links while people type. I read – as one hyphen (-), as PowerShell does; you may have typed two (--). If that is wrong, send it as a code block or use the form (new).
I read "run a —Name b" as "run a --Name b", because apps replace quotes, dashes, blanks and links while people type. I read — as two hyphens (--), of which apps make it; PowerShell would read it as one (-). If that is wrong, send it as a code block or use the form (new).
"x" arrived in bold, italic or struck through. If you typed * or _ or ~ around it, Teams took them away: send it as a code block or use the form (new).
I took the words "x", not the address behind them ("https://y.example"). If you meant the address, type it without a link.
I left out the message that you quoted and read only what you wrote yourself. To repeat a request, copy its text.
I left out a picture, because I read text only. Type what it shows if I need it.
"run a.ps1 -Name 😃" arrived with an emoji in it. Teams makes emoji of text such as :D and (y). If you typed text there, send it as a code block or use the form (new).
I read "run a.ps1 because x" as one command, with the word because inside it, since the reason starts at the first line that begins with because. If your reason starts earlier, put that because on a line of its own.
I read "getfile C:\\a" as part of the reason, so it will not run, because everything after because is the reason. If it is a command, put it before because."
`);
});

test('a huge message is not unwrapped but refused, even if little of it is text', () => {
  const huge = '<p></p>'.repeat(6_000);
  const raws = [
    clean(`help${'&nbsp;'.repeat(7_000)}`),
    fromHtml(`help${huge}`),
    clean(`help${huge}`, { textFormat: 'xml' }),
  ];
  for (const raw of raws) {
    expect(parseMessage(raw)).toMatchObject({ ok: false, error: [{ type: 'tooLong', part: 'message' }] });
  }
});

test('no message makes cleaning throw or take long', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '<at>',
      '</at>',
      '<p>',
      '</p>',
      '<a href="',
      '">',
      '</a>',
      '<!--',
      '&',
      ';',
      '`',
      '```',
      '[',
      '](http://',
      ')',
      '\n',
      '<',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece), fc.boolean(), (pieces, isHtml) => {
      const text = pieces.join('');
      clean(text, isHtml ? { html: text } : {});
    }),
  );
  for (const piece of [
    '<a "',
    '<at>',
    '<!--',
    '[a](http://',
    '`',
    ' \u200b',
    '<blockquote itemtype="schema.skype.com/reply">',
    '&#1',
  ]) {
    const text = `x${piece.repeat(Math.floor(39_000 / piece.length))}y`;
    const start = performance.now();
    clean(text, { html: text });
    clean(text);
    expect(performance.now() - start).toBeLessThan(2_000);
  }
});
