/// <reference types="@kusto/language-service-next" />
import { createRequire } from "node:module";

// Scripts of the browser's kind: they put `Kusto` where everybody sees it.
const require = createRequire(import.meta.url);
require("@kusto/language-service-next/bridge.min.js");
require("@kusto/language-service-next/Kusto.Language.Bridge.min.js");

/** Columns that queries may use, as Azure documents the tables (azure-monitor/reference/tables). */
const TABLES: Record<string, string> = {
  AppServiceConsoleLogs:
    "(TimeGenerated: datetime, Host: string, Level: string, ResultDescription: string)",
  AZKVAuditLogs: "(TimeGenerated: datetime, OperationName: string)",
  AzureDiagnostics: "(TimeGenerated: datetime, OperationName: string, ResourceProvider: string)",
  StorageBlobLogs:
    "(TimeGenerated: datetime, OperationName: string, ObjectKey: string, StatusText: string, ConditionsUsed: string, UserAgentHeader: string, AuthenticationType: string, RequesterObjectId: string, CallerIpAddress: string)",
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

/** A node of Azure's syntax tree: `FilterOperator` with its parts, or a token with its text. */
export type Tree = { kind: string; text: string; parts: Tree[] };

const trees = new Map<string, Tree>();

/** The tree that Azure's own parser makes of a query; of one that is run again and again, the same. */
export function parseKusto(query: string): Tree {
  const tree = trees.get(query) ?? makeTree(query);
  trees.set(query, tree);
  return tree;
}

function makeTree(query: string): Tree {
  const { Syntax } = Kusto.Language.KustoCode.Parse(query) ?? {};
  if (!Syntax) {
    throw new Error("Azure's parser made no tree");
  }
  return toTree(Syntax);
}

const KINDS = new Map<unknown, string>(
  Object.entries(Kusto.Language.Syntax.SyntaxKind).map(([name, value]: [string, unknown]) => [
    value,
    name,
  ]),
);

function toTree(node: Kusto.Language.Syntax.SyntaxElement): Tree {
  const parts = Array.from({ length: node.ChildCount }, (_, index) => node.GetChild(index));
  return {
    kind: KINDS.get(node.Kind) ?? "unknown",
    text: node.IsToken ? (node.ToString(Kusto.Language.Syntax.IncludeTrivia.Interior) ?? "") : "",
    parts: parts.flatMap((one) => (one ? [toTree(one)] : [])),
  };
}
