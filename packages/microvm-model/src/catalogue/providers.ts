/** An API whose keys the host can add to requests of its VMs. */
export interface Provider {
  /** Its host name, which is also that of its certificate. */
  readonly host: string;
  /** The port of the host's gateway. It is part of URLs in guests, so it never changes. */
  readonly port: number;
  /** The header with the key. */
  readonly header: string;
  /** The text before the key in the header. */
  readonly prefix?: string;
}

/** The name of a known provider of models. */
export type ProviderName = "anthropic" | "openai" | "openrouter" | "gemini";

/** `npm run generate` writes these rows to the library (`gateway/providers.json`) and to docs/secrets.md. */
export const providers = {
  // platform.claude.com/docs/en/api/overview, November 2026.
  anthropic: { host: "api.anthropic.com", port: 5381, header: "x-api-key" },
  // platform.openai.com/docs/api-reference/authentication, November 2026.
  openai: { host: "api.openai.com", port: 5382, header: "authorization", prefix: "Bearer " },
  // openrouter.ai/docs/api/reference/authentication, November 2026.
  openrouter: { host: "openrouter.ai", port: 5383, header: "authorization", prefix: "Bearer " },
  // ai.google.dev/gemini-api/docs/api-key, November 2026.
  gemini: { host: "generativelanguage.googleapis.com", port: 5384, header: "x-goog-api-key" },
} as const satisfies Readonly<Record<ProviderName, Provider>>;

export const providerNames = Object.keys(providers) as ProviderName[];
