/* oidc_metadata.h - what an issuer says of itself (OpenID Connect Discovery).  Pure. */
#ifndef AGORALIA_OIDC_METADATA_H
#define AGORALIA_OIDC_METADATA_H

#include "common/base/op.h"

struct oidc_ticket;

struct oidc_metadata {
    const char *authorization_endpoint, *token_endpoint, *jwks_uri;
    const char *userinfo_endpoint; /* NULL = none */
    bool says_iss;                 /* names itself in its answers (RFC 9207) */
    bool secret_in_body;           /* takes the client's secret in the body only */
};

/* Where it says it; in op's arena. */
const char *oidc_metadata_url(struct op *op, const char *issuer);

/* By https; by http only on this machine, and only when the issuer itself is. */
bool oidc_may_ask(const char *url, const char *issuer);

/* Of exactly that issuer, with endpoints that may be asked.  PROVIDER_ERROR otherwise. */
bool oidc_metadata_read(struct op *op, const char *issuer, struct str json,
                        struct oidc_metadata *out) MUSTCHECK;

/* Where a browser is sent to; in op's arena. */
const char *oidc_authorization_url(struct op *op, const struct oidc_metadata *m,
                                   const char *client_id, const char *redirect_uri,
                                   const struct oidc_ticket *t);

#endif
