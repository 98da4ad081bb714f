/* libraries.c - asked of the libraries themselves: what is loaded, not what was compiled against.
 */

#include "common/base/libraries.h"

#include <cjson/cJSON.h>
#include <glib.h>
#include <openssl/crypto.h>

const char *libraries_of_base(struct op *op)
{
    return arena_printf(&op->arena, "GLib %u.%u.%u, cJSON %s, %s", glib_major_version,
                        glib_minor_version, glib_micro_version, cJSON_Version(),
                        OpenSSL_version(OPENSSL_VERSION));
}
