import type { Delivery } from "../contracts.ts";
import { eventsOf, type Stretch, toDelivery } from "./activity-events.ts";
import type { Stage } from "./stage.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Webhooks } from "./webhooks.ts";

/** Brings what happens to whoever has subscribed to it, one event after the other, each once. */
export function createActivity(options: {
  stage: Stage;
  webhooks: Webhooks;
  subscriptions: Subscriptions;
}) {
  const { stage, webhooks, subscriptions } = options;
  const deliveries: Delivery[] = [];
  let queue = Promise.resolve();

  async function bring(stretch: Stretch): Promise<void> {
    for (const subscription of subscriptions.all()) {
      const { event_type: type, filter, webhook_id: webhookId } = subscription;
      const events = eventsOf(stage, filter.user_id, stretch).filter((one) => one.type === type);
      for (const event of webhookId === undefined ? [] : events) {
        const body = toDelivery(event, subscription);
        const status = await webhooks.deliver(webhookId ?? "", body);
        deliveries.push({ type, eventId: body.data.event_uuid, status });
      }
    }
  }

  return {
    /** X's clock has passed so much time. */
    pass(stretch: Stretch): void {
      queue = queue.then(() => bring(stretch));
    },
    /** Resolves when all that has happened was brought. */
    async delivered(): Promise<readonly Delivery[]> {
      await queue;
      return deliveries;
    },
  };
}
