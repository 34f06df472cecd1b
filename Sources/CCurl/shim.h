#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/* Swift cannot call functions that take any number of arguments. */
static inline CURLcode romashka_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode romashka_curl_set_number(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode romashka_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode romashka_curl_set_reader(CURL *handle, curl_read_callback reader) {
    return curl_easy_setopt(handle, CURLOPT_READFUNCTION, reader);
}
static inline long romashka_curl_response_code(CURL *handle) {
    long code = 0;
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK ? code : 0;
}
/* Before any other thread: it sets up the TLS library. */
static inline CURLcode romashka_curl_begin(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
