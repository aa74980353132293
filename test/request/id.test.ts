import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { idAlphabet, newRequestId, parseRequestId } from '../../src/request/id';

describe('request ids', () => {
  test('hold no characters that look alike', () => {
    expect(idAlphabet).not.toMatch(/[0O1ILU]/);
    expect(new Set(idAlphabet).size).toBe(idAlphabet.length);
  });

  test('are LR- and as many characters as asked for', () => {
    expect(newRequestId(randomBytes)).toMatch(/^LR-[2-9A-Z]{4}$/);
    expect(newRequestId(randomBytes, 6)).toMatch(/^LR-[2-9A-Z]{6}$/);
  });

  test('use every character equally often: bytes that would favour the first ones are thrown away', () => {
    const bytes = [255, 240, 0, 29, 30, 239];
    const random = (size: number) => Uint8Array.from(bytes.splice(0, size));
    expect(newRequestId(random)).toBe('LR-2Z2Z');
  });

  test.each([
    'LR-7F3K',
    'lr-7f3k',
    '7f3k',
    'lr 7f3k',
    'LR7F3K',
    ' LR – 7F3K ',
    'LR—7F3K',
    'LR\u20117F3K',
    'LR--7F3K',
    'LR\u00a07F3K',
  ])('%j is read as LR-7F3K', (text) => {
    expect(parseRequestId(text)).toBe('LR-7F3K');
  });

  test.each([
    '',
    'LR-',
    'LR-7F3',
    '7F3O',
    '7F3I',
    'LR-7F3K!',
    'LR-7F3K x',
    'INC-1042',
    'LR-7F3K7F3K7F3K7',
    '7\u200bF3K',
  ])('%j is no id', (text) => {
    expect(parseRequestId(text)).toBeNull();
  });

  test('a new id is read back as itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 12 }), (length) => {
        const id = newRequestId(randomBytes, length);
        return parseRequestId(id) === id && parseRequestId(id.slice(3).toLowerCase()) === id;
      }),
    );
  });
});
