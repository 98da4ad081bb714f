/*
 * notify.h - telling who started us how far we are, as systemd's Type=notify asks for it.
 *
 * A datagram to the socket that NOTIFY_SOCKET names (sd_notify(3)); without one, nothing.  Never
 * fails and never waits: a supervisor that does not listen is no reason not to serve.
 */
#ifndef AGORALIA_NOTIFY_H
#define AGORALIA_NOTIFY_H

void notify_ready(void);
void notify_stopping(void);

#endif
