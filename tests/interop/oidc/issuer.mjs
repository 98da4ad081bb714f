// issuer.mjs - oidc-provider as somebody would run it: a login page, consent, RS256 or ES256, rotating keys.
import { createServer } from "node:http";
import { once } from "node:events";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import Provider from "oidc-provider";

const people = {
    ada: { email: "ada@example.com", email_verified: true },
    staff: { email: "staff@example.com", email_verified: true },
    unverified: { email: "staff@example.com", email_verified: false },
    stranger: { email: "stranger@example.com", email_verified: true },
};

export function makeKey(kind) {
    const { privateKey } = kind === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" })
        : generateKeyPairSync("rsa", { modulusLength: 2048 });
    return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: kind, kid: randomUUID() };
}

function client(id, secret, redirect, alg) {
    return { client_id: id, client_secret: secret, redirect_uris: [redirect], grant_types: ["authorization_code"],
             response_types: ["code"], id_token_signed_response_alg: alg };
}

// Its address stays the same while provider(), as at a restart, takes other keys.
export class Issuer {
    constructor(url, clientId, secret, redirect) {
        Object.assign(this, { url, clientId, secret, redirect });
        this.server = createServer((req, res) => {
            this.asked.push(req.url);
            this.handle(req, res);
        });
        this.asked = [];
    }

    async start() {
        const { hostname, port } = new URL(this.url);
        this.server.listen(Number(port), hostname);
        await once(this.server, "listening");
    }

    provider(keys, alg, emailInToken) {
        const provider = new Provider(this.url, {
            clients: [client(this.clientId, this.secret, this.redirect, alg),
                      client("another client", "another secret", this.redirect, alg)],
            jwks: { keys },
            cookies: { keys: ["only for a test"] },
            claims: { openid: ["sub"], email: ["email", "email_verified"] },
            conformIdTokenClaims: !emailInToken,
            pkce: { required: () => true },
            findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
            features: { devInteractions: { enabled: true } },
        });
        this.handle = provider.callback();
    }

    close() {
        this.server.closeAllConnections();
        this.server.close();
    }
}
