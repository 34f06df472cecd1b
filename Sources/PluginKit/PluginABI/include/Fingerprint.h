// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "d2a0504567f0b49641d751bf2677c360918b63d31d9275892198921d4a7cc6b9"
