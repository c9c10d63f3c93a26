import { decodeEntities, stripUnseen, TAG, visibleText } from "./html-text.ts";

export type Button = { label: string; name?: string; value: string; action?: string };

/** A form as a browser without script sees it. */
export type Form = {
  method: "GET" | "POST";
  /** As written; "" means the page itself. */
  action: string;
  /** Names and values that are sent whichever button is pressed, in page order. */
  fields: [string, string][];
  /** Name of the password field, where there is one. */
  password?: string;
  buttons: Button[];
};

export type Link = { label: string; href: string };

/** Every form of a page with its fields and submit buttons, also those outside by `form=`. */
export function readForms(html: string): Form[] {
  const forms: (Form & { id: string | undefined })[] = [];
  let open: Form | undefined;
  for (const element of readElements(html)) {
    const { name, attributes } = element;
    if (name === "form") {
      open = { ...readForm(attributes), fields: [], buttons: [] };
      forms.push(Object.assign(open, { id: attributes.get("id") }));
    } else if (name === "/form") {
      open = undefined;
    } else {
      const owner = attributes.get("form");
      const form = owner === undefined ? open : forms.find(({ id }) => id === owner);
      addControl(form, element);
    }
  }
  return forms;
}

export function readLinks(html: string): Link[] {
  return readElements(html).flatMap(({ name, attributes, content }) => {
    const href = attributes.get("href");
    return name === "a" && href !== undefined ? [{ href, label: visibleText(content) }] : [];
  });
}

type Element = { name: string; attributes: Map<string, string>; content: string };

/** Start and end tags in page order; `content` is what lies before the element's own end tag. */
function readElements(page: string): Element[] {
  const html = stripUnseen(page);
  return [...html.matchAll(TAG)].map((match) => {
    const [tag] = match;
    const name = /^<(\/?[a-z][\w-]*)/i.exec(tag)?.[1]?.toLowerCase() ?? "";
    const rest = html.slice(match.index + tag.length);
    const end = rest.search(new RegExp(`</${name}\\s*>`, "i"));
    return { name, attributes: readAttributes(tag), content: end < 0 ? "" : rest.slice(0, end) };
  });
}

function readAttributes(tag: string): Map<string, string> {
  const inner = tag.replace(/^<\/?[a-z][\w-]*/i, "").replace(/\/?>$/, "");
  const pairs = inner.matchAll(/([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g);
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single, bare] of pairs) {
    attributes.set(name.toLowerCase(), decodeEntities(double ?? single ?? bare ?? ""));
  }
  return attributes;
}

function readForm(attributes: Map<string, string>): Pick<Form, "method" | "action"> {
  const method = attributes.get("method")?.toUpperCase() === "POST" ? "POST" : "GET";
  return { method, action: attributes.get("action") ?? "" };
}

function addControl(form: Form | undefined, element: Element): void {
  const { name, attributes, content } = element;
  if (form === undefined || attributes.has("disabled")) {
    return;
  }
  if (name === "button" && (attributes.get("type") ?? "submit") === "submit") {
    form.buttons.push(toButton(attributes, visibleText(content)));
  } else if (name === "input") {
    addInput(form, attributes);
  } else if (name === "textarea") {
    addField(form, attributes, decodeEntities(content));
  } else if (name === "select") {
    addField(form, attributes, readSelected(content));
  }
}

function addInput(form: Form, attributes: Map<string, string>): void {
  const type = attributes.get("type")?.toLowerCase() ?? "text";
  const name = attributes.get("name");
  const ticked = !["checkbox", "radio"].includes(type) || attributes.has("checked");
  if (type === "submit") {
    form.buttons.push(toButton(attributes, attributes.get("value") ?? "Submit"));
  } else if (type === "password" && name !== undefined) {
    form.password = name;
  } else if (ticked && type !== "button" && type !== "reset") {
    addField(form, attributes, attributes.get("value") ?? (type === "checkbox" ? "on" : ""));
  }
}

function addField(form: Form, attributes: Map<string, string>, value: string): void {
  const name = attributes.get("name");
  if (name) {
    form.fields.push([name, value]);
  }
}

/** The chosen option's value; a browser takes the first where none is chosen. */
function readSelected(content: string): string {
  const options = readElements(content).filter(({ name }) => name === "option");
  const chosen = options.find(({ attributes }) => attributes.has("selected")) ?? options[0];
  return chosen?.attributes.get("value") ?? visibleText(chosen?.content ?? "");
}

function toButton(attributes: Map<string, string>, label: string): Button {
  const name = attributes.get("name");
  const action = attributes.get("formaction");
  return {
    label,
    value: attributes.get("value") ?? "",
    ...(name ? { name } : {}),
    ...(action === undefined ? {} : { action }),
  };
}
