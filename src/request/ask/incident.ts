import type { RequestBase } from '../base';

/** Ids of incidents are compared without case. */
export const incidentKey = (id: string): string => id.toUpperCase();

/** The incident that a request belongs to: what break-glass named, else what its reason named; null when neither did. */
export const incidentOf = ({ emergency, incident }: Pick<RequestBase, 'emergency' | 'incident'>): string | null =>
  emergency?.incident ?? incident ?? null;
