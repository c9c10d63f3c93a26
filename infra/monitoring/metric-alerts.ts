/** A rule over a metric of a resource: it fires while the metric is beyond the threshold. */
export type MetricAlert = {
  name: string;
  title: string;
  severity: 1 | 2;
  /** What happened, and what to do about it: the mail says it. */
  description: string;
  resource: "site" | "plan" | "archiveAccount";
  metricNamespace: string;
  metricName: string;
  /** Of the window's values: all that came, or the mean. */
  timeAggregation: "Total" | "Average";
  operator: "GreaterThan" | "LessThan";
  threshold: number;
  evaluationFrequency: "PT5M" | "PT15M";
  windowSize: "PT5M" | "PT15M" | "PT1H";
};

/**
 * What shows better in a metric than in logs: a site that is down logs nothing. And what has to be
 * told although logs are not taken any more: metrics have no daily cap, and Azure counts them itself
 * (learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-web-sites-metrics).
 */
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
    title: "The connector answers with errors",
    severity: 2,
    description:
      "More than twenty requests within a quarter of an hour were answered with 5xx: the connector " +
      "failed, or App Service could not reach it. The platform asks again. Open /healthz of the " +
      "connector, and see the workbook's list of problems.",
    resource: "site",
    metricNamespace: "Microsoft.Web/sites",
    metricName: "Http5xx",
    timeAggregation: "Total",
    operator: "GreaterThan",
    // The health check of one instance that is not ready makes fifteen; "unhealthy" tells of that.
    threshold: 20,
    evaluationFrequency: "PT5M",
    windowSize: "PT15M",
  },
  {
    name: "flooded",
    title: "Somebody floods the connector with requests",
    severity: 2,
    description:
      "More than 3,000 requests within a quarter of an hour were refused; the platform makes a few an " +
      "hour. See in the access log (AppServiceHTTPLogs of the workspace for access) where they come " +
      "from. Once you know the addresses that the platform calls from, allowedIpRanges keeps all " +
      "others out; else put a web application firewall in front.",
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
    title: "The connector's plan is overloaded",
    severity: 2,
    description:
      "The plan's processors were busy for more than nine tenths of an hour, so that deliveries fall " +
      "behind. See whether somebody floods the connector, or much history is being read; if it goes " +
      "on, choose a larger sku.",
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
    title: "The archive is not available",
    severity: 2,
    description:
      "More than one in a hundred requests to the archive's storage account, blobs and queues, failed within an hour. " +
      "Work is tried again and goes on by itself; see Azure's service health, and the account's " +
      "metrics by API and response type.",
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
