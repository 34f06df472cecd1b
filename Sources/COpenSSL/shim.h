#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

/* EVP_PKEY_PUBLIC_KEY, whose definition Swift does not read. */
static const int romashka_public_key_selection = EVP_PKEY_PUBLIC_KEY;

/* The names of parameters as pointers that stay: the builder keeps them, and Swift would pass a copy that goes. */
static const char *const romashka_rsa_modulus = OSSL_PKEY_PARAM_RSA_N;
static const char *const romashka_rsa_exponent = OSSL_PKEY_PARAM_RSA_E;
static const char *const romashka_group_name = OSSL_PKEY_PARAM_GROUP_NAME;
static const char *const romashka_public_point = OSSL_PKEY_PARAM_PUB_KEY;
