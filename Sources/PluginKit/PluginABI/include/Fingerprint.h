// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "d51a5a9e05d2e07fb0cf4057052e65752e45c38dddd8822f1fb240a8f8d46561"
