// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "8d2375c3faae91d7e6bf7e4c9ded6f0fb0af10a1671d9cd7a5c1844356879c4d"
