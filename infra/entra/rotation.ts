const DAY_MS = 24 * 3600 * 1000;

/** One of two overlapping passwords. */
export type PasswordTurn = {
  /** Changes exactly when this password has to be replaced. */
  period: number;
  /** ISO 8601, UTC. */
  endDate: string;
};

export type PasswordTurns = { even: PasswordTurn; odd: PasswordTurn; current: "even" | "odd" };

/**
 * Time is divided into periods of `rotateDays`. Each period has its own password, which stays valid
 * through the next period: the site restarts on the new password while the old one still works. The
 * result depends only on the time's period, so a second `up` changes nothing.
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
