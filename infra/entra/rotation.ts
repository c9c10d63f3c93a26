const DAY_MS = 24 * 3600 * 1000;

/** One of two passwords that take turns. */
export type PasswordTurn = {
  /** Changes when, and only when, it is this password's turn to be replaced. */
  period: number;
  /** ISO 8601, UTC. */
  endDate: string;
};

export type PasswordTurns = { even: PasswordTurn; odd: PasswordTurn; current: "even" | "odd" };

/**
 * Time is cut into periods of `rotateDays`. Each period has a password of its own that stays valid
 * through the next one: at a change the site restarts on the new password while the old one still
 * works. The same moment gives the same answer, so that `up` twice changes nothing.
 */
export function passwordTurns(now: Date, rotateDays: number): PasswordTurns {
  const period = Math.floor(now.getTime() / (rotateDays * DAY_MS));
  const turn = (of: number): PasswordTurn => ({
    period: of,
    endDate: new Date((of + 2) * rotateDays * DAY_MS).toISOString().replace(".000Z", "Z"),
  });
  const isEven = period % 2 === 0;
  return {
    even: turn(isEven ? period : period - 1),
    odd: turn(isEven ? period - 1 : period),
    current: isEven ? "even" : "odd",
  };
}
