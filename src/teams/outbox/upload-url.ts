import { z } from 'zod';
import type { Upload } from '../../request/file-offer';
import type { Cloud } from '../service-url';

/** Where people's OneDrive is in each cloud ("Microsoft 365 URLs and IP address ranges"); the first label is the tenant's name. */
const suffixes: Readonly<Record<Exclude<Cloud, 'trial'>, string>> = {
  public: '.sharepoint.com',
  gcc: '.sharepoint.com',
  gccHigh: '.sharepoint.us',
  dod: '.sharepoint-mil.us',
};
const loopback = ['127.0.0.1', 'localhost', '[::1]'];

/** True for an address in a OneDrive of this cloud: evidence goes nowhere else, whatever an activity says (T-3, T-33). */
export function isUploadUrl(address: string, cloud: Cloud): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, port, username, password } = new URL(address);
  if (username !== '' || password !== '') return false;
  if (cloud === 'trial') return loopback.includes(hostname);
  const [tenant = '', ...rest] = hostname.split('.');
  return protocol === 'https:' && port === '' && tenant !== '' && `.${rest.join('.')}` === suffixes[cloud];
}

const text = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u);

const UploadInfo = z.object({
  uploadUrl: text(8_000),
  contentUrl: text(8_000),
  name: text(400),
  uniqueId: text(200),
  fileType: text(50),
});

/** Where Teams lets the file be put, or that it may not be trusted. */
export function readUpload(uploadInfo: unknown, cloud: Cloud): Upload | 'untrusted' {
  const read = UploadInfo.safeParse(uploadInfo);
  if (!read.success) return 'untrusted';
  if (!isUploadUrl(read.data.uploadUrl, cloud)) return 'untrusted'; // guard: files-go-to-onedrive-only
  return isUploadUrl(read.data.contentUrl, cloud) ? read.data : 'untrusted';
}
