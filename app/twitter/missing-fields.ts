/** A post as X sent it, as far as this looks at it. */
type Sent = {
  id: string;
  conversation_id?: string | undefined;
  public_metrics?: object | undefined;
  edit_history_tweet_ids?: string[] | undefined;
  edit_history_post_ids?: string[] | undefined;
  note_tweet?: object | undefined;
  note_post?: object | undefined;
  entities?: { urls?: { expanded_url?: string | undefined }[] | undefined } | undefined;
};

/**
 * Fields that every post has, that were asked for, and that did not arrive: X drops without a word
 * what it does not know (any more, x-api.md section 0). The post can be archived without them, but
 * somebody has to know. A long post whose text ends in a link to itself has its text elsewhere.
 */
export function missingFieldsOf(post: Sent): string[] {
  const history = post.edit_history_tweet_ids ?? post.edit_history_post_ids;
  const note = post.note_tweet ?? post.note_post;
  return [
    ...(post.conversation_id === undefined ? ["conversation_id"] : []),
    ...(post.public_metrics === undefined ? ["public_metrics"] : []),
    ...(history === undefined ? ["edit history"] : []),
    ...(note === undefined && linksToItself(post) ? ["note (the text beyond 280 characters)"] : []),
  ];
}

function linksToItself({ id, entities }: Sent): boolean {
  return (entities?.urls ?? []).some(({ expanded_url: url }) =>
    url?.endsWith(`/i/web/status/${id}`),
  );
}
