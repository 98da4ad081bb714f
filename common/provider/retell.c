/* retell.c - the Retell client's settings, and its vtable. */

#include "common/provider/retell.h"

#include "common/base/conf.h"
#include "common/base/digest.h"
#include "common/base/log.h"
#include "common/base/secret_box.h"

#include <stdlib.h>
#include <unistd.h>

static char *copy(const char *s)
{
    char *p = strdup(s);

    if (!p)
        abort();
    return p;
}

/* Without the slashes at its end, because every path begins with one. */
static char *copy_url(const char *url)
{
    char *p = copy(url);

    for (size_t n = strlen(p); n && p[n - 1] == '/'; n--)
        p[n - 1] = '\0';
    return p;
}

static char *join(const char *a, const char *b)
{
    struct buf text = {0};

    buf_str(&text, a);
    buf_str(&text, b);
    return text.p;
}

static void split_keys(struct retell *r, const char *keys)
{
    r->keys_text = copy(keys);
    for (const char *p = r->keys_text; r->webhook_key_count < RETELL_MAX_WEBHOOK_KEYS;) {
        p += strspn(p, ", ");
        size_t n = strcspn(p, ", ");
        if (n == 0)
            break;
        r->webhook_keys[r->webhook_key_count++] = (struct str){p, n};
        p += n;
    }
}

static const char *complaint_of_key(const char *key)
{
    for (const char *p = key; *p; p++)
        if (*p <= ' ' || *p > '~')
            return "holds a byte that no header can carry";
    return strlen(key) <= SECRET_MAX ? NULL : "is too long";
}

static const char *complaint_of_own_key(const char *key)
{
    if (!key || !*key)
        return "RETELL_API_KEY is not set";
    return complaint_of_key(key) ? "RETELL_API_KEY cannot be used in a header" : NULL;
}

/* RETELL_IDEMPOTENCY; -1 = no such word. */
static int keys_named(const char *word)
{
    static const char *const words[] = {
        [RETELL_KEYS_OFF] = "off", [RETELL_KEYS_ON] = "on", [RETELL_KEYS_AUTO] = "auto"};

    for (int i = 0; i < (int)ARRAY_LEN(words); i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    return -1;
}

/* NULL, or what is wrong with the settings. */
static const char *complaint(const struct conf *c)
{
    const char *url = c->retell_base_url;

    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
        return "RETELL_BASE_URL must start with https:// or http://";
    if (strcmp(c->retell_paths, "current") != 0 && strcmp(c->retell_paths, "seed") != 0)
        return "RETELL_PATHS must be current or seed";
    if (keys_named(c->retell_idempotency) < 0)
        return "RETELL_IDEMPOTENCY must be off, on or auto";
    if (c->retell_ca_file && access(c->retell_ca_file, R_OK) != 0)
        return "RETELL_CA_FILE cannot be read";
    return NULL;
}

static void close_retell(struct provider *p)
{
    struct retell *r = p->self;

    free(r->base_url);
    free(r->authorization);
    free(r->webhook_url);
    free(r->ca_file);
    free(r->keys_text);
    key_ring_close(p->ring);
    free(r);
}

/* Nobody else at this provider knows our idempotency keys, and we know nobody else's. */
static void name_account(const char *base_url, const char *signing_key,
                         char out[PROVIDER_ACCOUNT_SIZE])
{
    char *text = join(base_url, signing_key), hex[SHA256_HEX_SIZE];

    digest_hex(DIGEST_SHA256, str_of(text), hex);
    memcpy(out, hex, PROVIDER_ACCOUNT_SIZE - 1);
    out[PROVIDER_ACCOUNT_SIZE - 1] = '\0';
    free(text);
}

/* Whoever learns it can make our marks, but nothing that the provider would obey. */
static void derive_signing_key(const char *api_key, char out[PROVIDER_SIGNING_KEY_SIZE])
{
    const struct str label = STR("agoralia attempt signature");
    unsigned char mac[SHA256_BYTES];

    hmac_sha256(str_of(api_key), &label, 1, mac);
    hex_write(out, mac, sizeof(mac));
}

static void account_of_key(const struct provider *p, const char *key,
                           char out[PROVIDER_ACCOUNT_SIZE])
{
    const struct retell *r = p->self;
    char signing_key[PROVIDER_SIGNING_KEY_SIZE];

    derive_signing_key(key, signing_key);
    name_account(r->base_url, signing_key, out);
    explicit_bzero(signing_key, sizeof(signing_key));
}

static bool reseal(struct op *op, const struct provider *p, struct sealed *s)
{
    return secret_reseal(op, p->ring, s);
}

static void take_key(struct retell *r, const struct conf *conf)
{
    const char *key = conf->retell_api_key;

    r->authorization = join("Authorization: Bearer ", key);
    split_keys(r, conf->retell_webhook_keys ? conf->retell_webhook_keys : key);
    derive_signing_key(key, r->provider.signing_key);
    r->provider.exchange = retell_exchange_here;
    r->provider.ring = key_ring_open(conf->secrets_key_file);
}

static const struct provider functions = {
    .name = "retell",
    .takes_keys = retell_takes_keys,
    .create_phone_call = retell_create_phone_call,
    .create_web_call = retell_create_web_call,
    .get_call = retell_get_call,
    .find_calls = retell_find_calls,
    .list_calls = retell_list_calls,
    .stop_call = retell_stop_call,
    .delete_call = retell_delete_call,
    .list_numbers = retell_list_numbers,
    .buy_number = retell_buy_number,
    .import_number = retell_import_number,
    .update_number = retell_update_number,
    .release_number = retell_release_number,
    .list_agents = retell_list_agents,
    .get_agent = retell_get_agent,
    .get_concurrency = retell_get_concurrency,
    .verify_webhook = retell_verify_webhook,
    .read_webhook = retell_read_webhook,
    .reseal = reseal,
    .complaint_of_key = complaint_of_key,
    .account_of_key = account_of_key,
    .make_verifier = retell_make_verifier,
    .close = close_retell,
};

struct provider *retell_open(const struct conf *conf, PROVIDER_EXCHANGE((*exchange)),
                             const char *signing_key)
{
    const char *wrong = exchange ? NULL : complaint_of_own_key(conf->retell_api_key);

    if (!wrong)
        wrong = complaint(conf);
    if (wrong) {
        log_error(NULL, "provider.misconfigured", F("provider", "retell"), F("reason", wrong));
        return NULL;
    }
    struct retell *r = calloc(1, sizeof(*r));
    if (!r)
        abort();
    r->provider = functions;
    r->provider.self = r;
    r->base_url = copy_url(conf->retell_base_url);
    if (conf->public_url) {
        char *base = copy_url(conf->public_url);
        r->webhook_url = join(base, "/api/v1/webhooks/retell");
        free(base);
    }
    if (conf->retell_ca_file)
        r->ca_file = copy(conf->retell_ca_file);
    r->timeout_ms = (int)conf->provider_timeout_ms;
    r->seed = strcmp(conf->retell_paths, "seed") == 0;
    r->keys = (enum retell_keys)keys_named(conf->retell_idempotency);
    r->provider.exchange = exchange;
    if (!exchange)
        take_key(r, conf);
    else
        memccpy(r->provider.signing_key, signing_key, '\0', sizeof(r->provider.signing_key));
    name_account(r->base_url, r->provider.signing_key, r->provider.account);
    return &r->provider;
}
