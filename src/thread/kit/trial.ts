/** Stands first on every card of a trial, so that nobody takes it for the real thing (T-4). */
export const trialBanner = 'Local trial: Defender is simulated, nobody is signed in, and no real device is touched.';
