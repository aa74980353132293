import { isUploadUrl, readUpload } from '../../../src/teams/outbox/upload-url';

const good = 'https://contoso-my.sharepoint.com/personal/ana/_api/v2.0/drive/items/1/uploadSession?guid=1&tempauth=x';
const info = {
  uploadUrl: good,
  contentUrl: 'https://contoso-my.sharepoint.com/personal/ana/f.zip',
  name: 'f.zip',
  uniqueId: 'u',
  fileType: 'zip',
};

test('a OneDrive of the cloud is taken, with what the card of the file needs', () => {
  expect(readUpload({ ...info, more: 1 }, 'public')).toEqual(info);
  expect(isUploadUrl('https://contoso-my.sharepoint.us/x', 'gccHigh')).toBe(true);
  expect(isUploadUrl('https://contoso-my.sharepoint-mil.us/x', 'dod')).toBe(true);
});

test.each([
  'http://contoso-my.sharepoint.com/x',
  'https://contoso-my.sharepoint.com:8443/x',
  'https://user@contoso-my.sharepoint.com/x',
  'https://contoso-my.sharepoint.com.evil.example/x',
  'https://evilsharepoint.com/x',
  'https://sharepoint.com/x',
  'https://a.b.sharepoint.com/x',
  'https://contoso-my.sharepoint.us/x',
  'https://127.0.0.1/x',
  'http://localhost/x',
  'file:///etc/passwd',
  'x',
])('an upload that leads elsewhere is not taken: %s', (address) => {
  expect(isUploadUrl(address, 'public')).toBe(false);
});

test('an upload that leads elsewhere is not taken', () => {
  expect(readUpload({ ...info, uploadUrl: 'https://evil.example/x' }, 'public')).toBe('untrusted');
  expect(readUpload({ ...info, contentUrl: 'https://evil.example/x' }, 'public')).toBe('untrusted');
});

test.each([null, [], 'x', {}, { ...info, name: 'a\u202eb' }, { ...info, uploadUrl: 'x'.repeat(9_000) }])(
  'what is no place for a file is not taken: %j',
  (value) => {
    expect(readUpload(value, 'public')).toBe('untrusted');
  },
);
