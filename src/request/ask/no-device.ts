import type { Device } from '../base';

/** Stands where a policy is asked about a wish before any device is known: no name, no group, no tag. */
export const noDevice: Device = {
  machineId: '',
  name: '',
  entraDeviceId: null,
  osPlatform: null,
  healthStatus: null,
  riskScore: null,
  deviceValue: null,
  groupName: null,
  tags: [],
  lastSeen: null,
  lastIpAddress: null,
};
