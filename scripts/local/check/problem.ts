export type Problem = { postId?: string; what: string };
