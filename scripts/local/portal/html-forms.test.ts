import { describe, expect, it } from "vitest";
import { readForms, readLinks } from "./html-forms.ts";
import { visibleText } from "./html-text.ts";

describe("the forms of a page", () => {
  it("are read whatever the order, quotes and case of attributes", () => {
    const [form] = readForms(
      `<FORM ACTION='/a?x=1&amp;y=2' method=POST><input value="a &gt; b" type='hidden' name=h>` +
        `<input name=p type=password required><INPUT TYPE=submit NAME=go VALUE="Go &#38; on"></FORM>`,
    );
    expect(form).toMatchObject({
      method: "POST",
      action: "/a?x=1&y=2",
      fields: [["h", "a > b"]],
      password: "p",
      buttons: [{ label: "Go & on", name: "go", value: "Go & on" }],
    });
  });

  it("send what a browser sends: ticked boxes, chosen options, text areas, nothing disabled", () => {
    const [form] = readForms(
      `<form><input type=checkbox name=c checked><input type=checkbox name=d>
       <input type=radio name=r value=1><input type=radio name=r value=2 checked>
       <select name=s><option value=a>A<option value=b selected>B</select>
       <textarea name=t>x &lt; y</textarea><input name=off value=1 disabled>
       <button type=button>None</button><button>OK</button></form>`,
    );
    expect(form?.fields).toEqual([
      ["c", "on"],
      ["r", "2"],
      ["s", "b"],
      ["t", "x < y"],
    ]);
    expect(form?.buttons.map(({ label }) => label)).toEqual(["OK"]);
  });

  it("own controls that stand outside, and may have more than one button", () => {
    const forms = readForms(
      `<form id=f method=post action=/x></form><button form=f formaction=/y name=a value=1>Do <b>it</b></button>`,
    );
    expect(forms[0]?.buttons).toEqual([{ label: "Do it", name: "a", value: "1", action: "/y" }]);
  });

  it("are not those in comments and scripts", () => {
    expect(readForms(`<!-- <form> --><script>"<form>"</script>`)).toEqual([]);
  });
});

describe("a page without script", () => {
  it("shows its text", () => {
    const page = `<title>T</title><style>p{}</style><p title="a > b">One &amp; two</p><p>three<br>four</p><noscript>five</noscript>`;
    expect(visibleText(page)).toBe("One & two\nthree\nfour\nfive");
  });

  it("has links with their labels", () => {
    expect(readLinks(`<a class=x href="/go?a=1&amp;b=2"><span>Login</span> here</a>`)).toEqual([
      { href: "/go?a=1&b=2", label: "Login here" },
    ]);
  });
});
