/** Why the trial does not start or does not go on; the message says what, why and what next. */
export class TrialError extends Error {
  override readonly name = 'TrialError';
  readonly code = 'trial.failed';
}
