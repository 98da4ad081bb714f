/* Webhooks: nothing passes without a valid MAC, and what is verified is read without harm. */

#include "common/base/conf.h"
#include "common/provider/provider.h"

#include <math.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

#define KEY "key_fuzz"
#define STAMP "1714608491736"
#define STAMP_US INT64_C(1714608491736000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct provider *open_retell(void)
{
    struct conf conf = conf_defaults();

    conf.retell_api_key = KEY;
    struct provider *p = provider_open("retell", &conf);
    require(p);
    return p;
}

static void sign(char out[96], struct str body)
{
    unsigned char mac[32];
    unsigned char *message = malloc(body.n + sizeof(STAMP));

    require(message);
    memcpy(message, body.p, body.n);
    memcpy(message + body.n, STAMP, strlen(STAMP));
    HMAC(EVP_sha256(), KEY, (int)strlen(KEY), message, body.n + strlen(STAMP), mac, NULL);
    free(message);
    int at = snprintf(out, 96, "v=" STAMP ",d=");
    for (int i = 0; i < 32; i++)
        snprintf(out + at + (ptrdiff_t)2 * i, 3, "%02x", mac[i]);
}

static bool verifies(struct provider *p, struct str body, const char *header)
{
    struct op op = {0};
    bool ok = p->verify_webhook(&op, p, body, header, STAMP_US);

    require(ok == (op.err.code == E_NONE));
    op_end(&op);
    return ok;
}

/* What could hide or forge a call is never half there. */
static void read_body(struct provider *p, struct str body)
{
    struct op op = {0};
    const char *event = NULL;
    struct provider_call call;

    if (p->read_webhook(&op, p, body, &event, &call)) {
        require(event && call.provider_call_id && call.provider_call_id[0]);
        require(call.started_at.us >= 0 && call.ended_at.us >= 0 && call.duration_ms >= 0);
        require(isfinite(call.cost_cents));
        require(!call.metadata.text || call.metadata.text[0] == '{');
        require(!call.transcript.text || call.transcript.text[0] == '[');
        require(!call.analysis.text || call.analysis.text[0] == '{');
    }
    op_end(&op);
}

/* The input is a header line, a line feed, and a body. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct provider *p;
    const uint8_t *end = n ? memchr(data, '\n', n) : NULL;
    char right[96];

    if (!end)
        return 0;
    if (!p)
        p = open_retell();
    size_t head = (size_t)(end - data);
    char *header = strndup((const char *)data, head);
    struct str body = {(const char *)end + 1, n - head - 1};
    require(header);
    sign(right, body);
    require(verifies(p, body, right));
    require(verifies(p, body, header) == (strcmp(header, right) == 0));
    read_body(p, body);
    free(header);
    return 0;
}
