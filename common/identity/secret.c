/* secret.c - made from the kernel's randomness, recognised by form and hash. */

#include "common/identity/secret.h"

#include "common/base/id.h"

#include <ctype.h>

enum { MARK = 4, LENGTH = SECRET_SIZE - 1 };

void secret_make(const char *mark, char text[SECRET_SIZE], char hex[SHA256_HEX_SIZE])
{
    memcpy(text, mark, MARK);
    random_letters(text + MARK, LENGTH - MARK);
    text[LENGTH] = '\0';
    digest_hex(DIGEST_SHA256, (struct str){text, LENGTH}, hex);
}

bool secret_digest(const char *mark, const char *text, char hex[SHA256_HEX_SIZE])
{
    if (strlen(text) != LENGTH || memcmp(text, mark, MARK) != 0)
        return false;
    for (int i = MARK; i < LENGTH; i++)
        if (!isascii(text[i]) || !isalnum(text[i]))
            return false;
    digest_hex(DIGEST_SHA256, (struct str){text, LENGTH}, hex);
    return true;
}
