import type { Settings } from "../settings.ts";

export type Vocabulary = Settings["X_VOCABULARY"];

const MEDIA_FIELDS =
  "alt_text,duration_ms,height,media_key,preview_image_url,public_metrics,type,url,variants,width";
const POLL_FIELDS = "duration_minutes,end_datetime,id,options,voting_status";
const PLACE_FIELDS = "contained_within,country,country_code,full_name,geo,id,name,place_type";

/** Everything that X gives of a post, for each of its two vocabularies (docs/x-api.md#field-names). */
const QUERIES: Record<Vocabulary, Record<string, string>> = {
  tweet: {
    "tweet.fields":
      "article,attachments,author_id,card_uri,community_id,context_annotations,conversation_id," +
      "created_at,display_text_range,edit_controls,edit_history_tweet_ids,entities,geo,id," +
      "in_reply_to_user_id,lang,media_metadata,note_tweet,paid_partnership,possibly_sensitive," +
      "public_metrics,referenced_tweets,reply_settings,scopes,source,text,withheld",
    expansions:
      "article.cover_media,article.media_entities,attachments.media_keys," +
      "attachments.media_source_tweet,attachments.poll_ids,author_id,edit_history_tweet_ids," +
      "entities.mentions.username,entities.note.mentions.username,geo.place_id," +
      "in_reply_to_user_id,referenced_tweets.id,referenced_tweets.id.attachments.media_keys," +
      "referenced_tweets.id.author_id",
    "user.fields":
      "affiliation,created_at,description,entities,id,location,most_recent_tweet_id,name,parody," +
      "pinned_tweet_id,profile_banner_url,profile_image_url,protected,public_metrics,url,username," +
      "verified,verified_type,withheld",
    "media.fields": MEDIA_FIELDS,
    "poll.fields": POLL_FIELDS,
    "place.fields": PLACE_FIELDS,
  },
  post: {
    "post.fields":
      "article,article_title,attachments,card_uri,community_id,context_annotations," +
      "conversation_id,created_at,display_text_range,edit_controls,entities,geo,id,lang," +
      "matched_media_notes,media_metadata,note_post,paid_partnership,possibly_sensitive," +
      "public_metrics,reply_settings,scopes,source,text,withheld",
    expansions:
      "article.cover_media,article.media_entities,attachments.media_keys," +
      "attachments.media_source_tweet,attachments.poll_ids,author_id,edit_history_post_ids," +
      "entities.mentions.username,geo.place_id,in_reply_to_user_id,referenced_posts,username",
    "user.fields":
      "created_at,description,entities,id,location,name,parody,profile_banner_url," +
      "profile_image_url,protected,public_metrics,url,username,verified,verified_type,withheld",
    "media.fields": MEDIA_FIELDS,
    "poll.fields": POLL_FIELDS,
    "place.fields": PLACE_FIELDS,
  },
};

/** Query parameters that ask for everything. The two vocabularies are never mixed in one request. */
export function fieldsQuery(vocabulary: Vocabulary): Record<string, string> {
  return QUERIES[vocabulary];
}
