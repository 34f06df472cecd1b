#include <arpa/inet.h>
#include <netinet/in.h>
#include <resolv.h>

/* What this thread asks for names, until it is told otherwise: a server at a port of 127.0.0.1. A thread's state is the
   only place in glibc that names a port (resolver(3)). */
static inline int romashka_resolver_ask(unsigned short port) {
    if (res_ninit(&_res) != 0) return -1;
    _res.nscount = 1;
    _res.nsaddr_list[0].sin_family = AF_INET;
    _res.nsaddr_list[0].sin_port = htons(port);
    _res.nsaddr_list[0].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    _res.retrans = 1;
    _res.retry = 1;
    return 0;
}
/* What the machine's configuration says, again. */
static inline int romashka_resolver_reset(void) { return res_ninit(&_res); }
