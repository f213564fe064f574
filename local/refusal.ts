/** Why the host can't start, as one sentence for the person at the console. Anything else is a defect with a stack. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
