/** A rule over a metric of a resource: it fires when its average falls below the threshold. */
export type MetricAlert = {
  name: string;
  title: string;
  severity: 1 | 2;
  /** What happened, and what to do about it: the mail says it. */
  description: string;
  resource: "site" | "archiveAccount";
  metricNamespace: string;
  metricName: string;
  threshold: number;
  evaluationFrequency: "PT5M" | "PT15M";
  windowSize: "PT5M" | "PT1H";
};

/** What shows better in a metric than in logs: a site that is down logs nothing. */
export const METRIC_ALERTS: MetricAlert[] = [
  {
    name: "unhealthy",
    title: "The connector is not healthy",
    severity: 1,
    description:
      "The health check of an instance failed for ten minutes. Open /healthz of the connector: it " +
      "says what is missing. If it does not answer, read the log of the site: App Service Platform " +
      "logs say why a site does not start.",
    resource: "site",
    metricNamespace: "Microsoft.Web/sites",
    metricName: "HealthCheckStatus",
    // The metric falls only after ten failed pings, one a minute
    // (learn.microsoft.com/azure/app-service/monitor-instances-health-check): any fall counts.
    threshold: 100,
    evaluationFrequency: "PT5M",
    windowSize: "PT5M",
  },
  {
    name: "archive-unavailable",
    title: "The archive is not available",
    severity: 2,
    description:
      "More than one in a hundred requests to the archive's storage account failed within an hour. " +
      "Work is tried again and goes on by itself; see Azure's service health, and the account's " +
      "metrics by API and response type.",
    resource: "archiveAccount",
    metricNamespace: "Microsoft.Storage/storageAccounts",
    metricName: "Availability",
    threshold: 99,
    evaluationFrequency: "PT15M",
    windowSize: "PT1H",
  },
];
