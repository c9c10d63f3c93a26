/** A rule on a metric of a resource: fires while the metric is beyond the threshold. */
export type MetricAlert = {
  name: string;
  title: string;
  severity: 1 | 2;
  /** What happened, and what to do about it; part of the mail. */
  description: string;
  resource: "site" | "plan" | "archiveAccount";
  metricNamespace: string;
  metricName: string;
  /** How the values of the window are combined. */
  timeAggregation: "Total" | "Average";
  operator: "GreaterThan" | "LessThan";
  threshold: number;
  evaluationFrequency: "PT5M" | "PT15M";
  windowSize: "PT5M" | "PT15M" | "PT1H";
};

/**
 * Conditions that logs cannot show (a site that is down logs nothing), or that must be reported even
 * when the workspace has reached its daily cap: metrics have none, and Azure counts them itself
 * (learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-web-sites-metrics).
 */
export const METRIC_ALERTS: MetricAlert[] = [
  {
    name: "unhealthy",
    title: "The connector is unhealthy",
    severity: 1,
    description:
      "The health check of an instance failed for ten minutes. Open /healthz of the connector: it " +
      "lists what is missing. If it does not answer, read the site's log: App Service Platform " +
      "logs show why a site does not start.",
    resource: "site",
    metricNamespace: "Microsoft.Web/sites",
    metricName: "HealthCheckStatus",
    timeAggregation: "Average",
    operator: "LessThan",
    // The metric falls only after ten failed pings, one a minute
    // (learn.microsoft.com/azure/app-service/monitor-instances-health-check): any fall counts.
    threshold: 100,
    evaluationFrequency: "PT5M",
    windowSize: "PT5M",
  },
  {
    name: "server-errors",
    title: "The connector returns server errors",
    severity: 2,
    description:
      "More than 20 requests within 15 minutes were answered with 5xx: the connector failed, or " +
      "App Service could not reach it. Microsoft 365 sends its requests again. Open /healthz of " +
      "the connector, and the table Problems in the workbook.",
    resource: "site",
    metricNamespace: "Microsoft.Web/sites",
    metricName: "Http5xx",
    timeAggregation: "Total",
    operator: "GreaterThan",
    // The health check of one unready instance causes fifteen; the alert "unhealthy" reports that.
    threshold: 20,
    evaluationFrequency: "PT5M",
    windowSize: "PT15M",
  },
  {
    name: "refused-requests",
    title: "Very many requests are refused",
    severity: 2,
    description:
      "The connector refused more than 3,000 requests within 15 minutes; Microsoft 365 sends a " +
      "few an hour. AppServiceHTTPLogs in the access workspace show where they come from. If you " +
      "know the addresses that Microsoft 365 calls from, allow only those with allowedIpRanges; " +
      "otherwise put a web application firewall in front of the site.",
    resource: "site",
    metricNamespace: "Microsoft.Web/sites",
    metricName: "Http4xx",
    timeAggregation: "Total",
    operator: "GreaterThan",
    threshold: 3000,
    evaluationFrequency: "PT5M",
    windowSize: "PT15M",
  },
  {
    name: "overloaded",
    title: "The App Service plan is overloaded",
    severity: 2,
    description:
      "The plan's processors were more than 90 % busy for an hour, so deliveries are delayed. " +
      "Check whether somebody sends very many requests, or a long history is being captured. If " +
      "the load stays, choose a larger sku.",
    resource: "plan",
    metricNamespace: "Microsoft.Web/serverfarms",
    metricName: "CpuPercentage",
    timeAggregation: "Average",
    operator: "GreaterThan",
    threshold: 90,
    evaluationFrequency: "PT15M",
    windowSize: "PT1H",
  },
  {
    name: "archive-unavailable",
    title: "The archive's storage account is not available",
    severity: 2,
    description:
      "More than 1 % of the requests to the archive's storage account (blobs and queues) failed " +
      "within an hour. The connector retries and continues by itself. See Azure's service health, " +
      "and the account's metrics by API and response type.",
    resource: "archiveAccount",
    metricNamespace: "Microsoft.Storage/storageAccounts",
    metricName: "Availability",
    timeAggregation: "Average",
    operator: "LessThan",
    threshold: 99,
    evaluationFrequency: "PT15M",
    windowSize: "PT1H",
  },
];
