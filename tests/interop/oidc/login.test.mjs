// login.test.mjs - a person at a browser, a certified issuer, and somebody who meddles in between.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";
import { Issuer, makeKey } from "./issuer.mjs";

const { API_URL, ISSUER_URL, CLIENT_ID, CLIENT_SECRET, CHROMIUM } = process.env;
const CALLBACK = `${API_URL}/api/v1/auth/oidc/callback`;
const issuer = new Issuer(ISSUER_URL, CLIENT_ID, CLIENT_SECRET, CALLBACK);
let browser, network = 0;

before(async () => {
    issuer.provider([makeKey("RS256")], "RS256", false);
    await issuer.start();
    browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, timeout: 20000,
                                       args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
});

after(async () => {
    await browser?.close();
    issuer.close();
});

// A browser of its own, in a network of its own; meddle(url) may change where it goes, or keep it from going.
async function person(meddle) {
    const context = await browser.createBrowserContext();
    const page = await context.newPage();
    page.setDefaultTimeout(10000);
    await page.setBypassCSP(true); // the console's part is played in a page that may do nothing
    await page.setExtraHTTPHeaders({ "X-Forwarded-For": `198.18.${++network}.1` });
    if (meddle) {
        await page.setRequestInterception(true);
        page.on("request", (request) => {
            const url = new URL(request.url());
            const kept = request.isNavigationRequest() && meddle(url) === false;
            if (kept)
                request.respond({ status: 204, body: "" });
            else
                request.continue({ url: url.href });
        });
    }
    return page;
}

// The provider's own pages: who are you, and may the console know it?  It is left at the second.
async function sayWho(page, login) {
    await page.goto(`${API_URL}/api/v1/auth/oidc/start`);
    await page.type('input[name="login"]', login);
    await page.type('input[name="password"]', "any");
    await Promise.all([page.waitForNavigation(), page.click('button[type="submit"]')]);
}

// The answer is where the browser ends up.
async function signIn(page, login) {
    await sayWho(page, login);
    const [answer] = await Promise.all([page.waitForNavigation(), page.click('button[type="submit"]')]);
    return answer;
}

async function collect(page) {
    return page.evaluate(async () => {
        const answer = await fetch("/api/v1/auth/oidc/session", { method: "POST" });
        return { status: answer.status, body: await answer.json() };
    });
}

async function me(token) {
    const answer = await fetch(`${API_URL}/api/v1/users/me`, { headers: { Authorization: `Bearer ${token}` } });
    return answer.json();
}

async function assertIn(page, login, expected) {
    await signIn(page, login);
    assert.equal(page.url(), `${API_URL}/signed-in`);
    const session = await collect(page);
    assert.equal(session.status, 200, JSON.stringify(session.body));
    const { email, platform } = await me(session.body.access_token);
    assert.deepEqual({ email, platform }, expected);
    return session.body;
}

async function assertOut(page, login, status) {
    const answer = await signIn(page, login);
    assert.ok(page.url().startsWith(CALLBACK), page.url());
    assert.equal(answer.status(), status, await answer.text());
    assert.equal((await collect(page)).status, 400);
}

test("an admin signs in, and the page learns nothing but the session", async () => {
    const page = await person();
    const session = await assertIn(page, "ada", { email: "ada@example.com", platform: false });
    assert.equal(await page.evaluate(() => document.cookie), "");
    assert.equal((await collect(page)).status, 400);
    const refreshed = await page.evaluate(async (refresh_token) => {
        const answer = await fetch("/api/v1/auth/refresh", { method: "POST", body: JSON.stringify({ refresh_token }),
                                                            headers: { "Content-Type": "application/json" } });
        return answer.status;
    }, session.refresh_token);
    assert.equal(refreshed, 200);
});

test("staff by a verified address; nobody by one that is not, nor who is unknown here", async () => {
    await assertIn(await person(), "staff", { email: "staff@example.com", platform: true });
    await assertOut(await person(), "unverified", 403);
    await assertOut(await person(), "stranger", 403);
});

test("S041 whoever meddles with the request is not signed in", async () => {
    const changes = [["nonce", "another-nonce"], ["client_id", "another client"],
                     ["code_challenge", "A".repeat(43)]];
    for (const [name, value] of changes)
        await assertOut(await person((url) => {
            if (url.href.startsWith(`${ISSUER_URL}/auth?`))
                url.searchParams.set(name, value);
        }), "ada", 400);
});

test("S041 without PKCE, or with the plain method, the issuer gives no code", async () => {
    for (const name of ["code_challenge", "code_challenge_method"]) {
        const page = await person((url) => {
            if (url.href.startsWith(`${ISSUER_URL}/auth?`))
                url.searchParams.delete(name);
        });
        const answer = await page.goto(`${API_URL}/api/v1/auth/oidc/start`);
        assert.ok(page.url().startsWith(CALLBACK), page.url());
        assert.equal(answer.status(), 403);
    }
});

test("S041 whoever meddles with the answer is not signed in", async () => {
    const changes = [["state", "A".repeat(43)], ["iss", "https://evil.example"]];
    for (const [name, value] of changes)
        await assertOut(await person((url) => {
            if (url.href.startsWith(CALLBACK))
                url.searchParams.set(name, value);
        }), "ada", 400);
    for (const name of ["state", "iss"]) // RFC 9207: this issuer has said that it names itself
        await assertOut(await person((url) => {
            if (url.href.startsWith(CALLBACK))
                url.searchParams.delete(name);
        }), "ada", 400);
});

test("S041 an answer is good in the browser that asked, and once", async () => {
    let caught, tell;
    const came = new Promise((done) => { tell = done; });
    const mine = await person((url) => {
        if (!url.href.startsWith(CALLBACK) || caught)
            return true;
        tell(caught = url.href);
        return false; // the browser stays where it was
    });
    await sayWho(mine, "ada");
    await mine.click('button[type="submit"]');
    await came;
    const theirs = await person();
    assert.equal((await theirs.goto(caught)).status(), 400); // without a ticket
    await theirs.goto(`${API_URL}/api/v1/auth/oidc/start`);
    assert.equal((await theirs.goto(caught)).status(), 400); // with another one
    assert.equal((await collect(theirs)).status, 400);
    await mine.goto(caught);
    assert.equal(mine.url(), `${API_URL}/signed-in`);
    assert.equal((await collect(mine)).status, 200);
    assert.equal((await mine.goto(caught)).status(), 400);
});

test("S028 other keys, of another kind, and addresses in the token", async () => {
    const asked = (path) => issuer.asked.filter((url) => url === path).length;
    const before = { jwks: asked("/jwks"), me: asked("/me") };
    assert.ok(before.me > 0);
    issuer.provider([makeKey("ES256"), makeKey("RS256")], "ES256", true);
    await assertIn(await person(), "ada", { email: "ada@example.com", platform: false });
    await assertIn(await person(), "staff", { email: "staff@example.com", platform: true });
    assert.deepEqual({ jwks: asked("/jwks"), me: asked("/me") }, { jwks: before.jwks + 1, me: before.me });
});
