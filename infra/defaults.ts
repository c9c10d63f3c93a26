/** Evidence survives a region in production; what is tried out may be lost with its data centre. */
export const DEFAULT_REPLICATION = {
  development: "Standard_LRS",
  production: "Standard_GZRS",
} as const;
