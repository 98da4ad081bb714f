/*
 * crashon.c - a worker that dies of one row: loaded before libc, it aborts its process when it
 * receives both texts of CRASH_ON ("phone,agent") in one piece, as the claim of that row does.
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

static const char *phone, *agent;

__attribute__((constructor)) static void read_texts(void)
{
    static char texts[128];
    const char *given = getenv("CRASH_ON");
    char *comma;

    if (!given || strlen(given) >= sizeof(texts))
        return;
    memcpy(texts, given, strlen(given) + 1);
    if ((comma = strchr(texts, ','))) {
        *comma = '\0';
        phone = texts;
        agent = comma + 1;
    }
}

static int holds(const char *bytes, ssize_t n, const char *text)
{
    return n > 0 && memmem(bytes, (size_t)n, text, strlen(text)) != NULL;
}

ssize_t recv(int fd, void *bytes, size_t size, int flags)
{
    static ssize_t (*real)(int, void *, size_t, int);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "recv");
    ssize_t n = real(fd, bytes, size, flags);
    if (phone && holds(bytes, n, phone) && holds(bytes, n, agent))
        abort();
    return n;
}
