/// <reference types="@kusto/language-service-next" />
import { createRequire } from "node:module";

// Scripts of the browser's kind: they put `Kusto` where everybody sees it.
const require = createRequire(import.meta.url);
require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");

/** Columns that queries may use, as Azure documents the tables (azure-monitor/reference/tables). */
const TABLES: Record<string, string> = {
  AppServiceConsoleLogs: "(TimeGenerated: datetime, Level: string, ResultDescription: string)",
  AZKVAuditLogs: "(TimeGenerated: datetime, OperationName: string)",
  AzureDiagnostics: "(TimeGenerated: datetime, OperationName: string, ResourceProvider: string)",
  Operation: "(TimeGenerated: datetime, OperationCategory: string, Detail: string)",
};

/**
 * What is wrong with a query by Azure's own parser and binder: syntax, and every name that is no
 * table, column or function.
 */
export function problemsIn(query: string): string[] {
  const { DatabaseSymbol, TableSymbol } = Kusto.Language.Symbols;
  const tables = Object.entries(TABLES).flatMap(([name, columns]) => {
    const table = TableSymbol.From(columns)?.WithName(name);
    return table ? [table] : [];
  });
  const workspace = new DatabaseSymbol.ctor("workspace", tables);
  const globals = Kusto.Language.GlobalState.Default?.WithDatabase(workspace) ?? null;
  const found = Kusto.Language.KustoCode.ParseAndAnalyze(query, globals)?.GetDiagnostics();
  const count = found?.Count ?? 0;
  return Array.from({ length: count }, (_, index) => found?.getItem(index)?.Message ?? "unknown");
}
