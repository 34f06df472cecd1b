// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "b9f7b71742f1b6af48a7c83e87e3a11cbfe61ed9a7c5c65eb02d5d07142c4ff5"
