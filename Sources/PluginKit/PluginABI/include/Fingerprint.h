// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "99fa8025df8e8ed134c7c047740ff135726a6e12eeae13276e57f2537824ce38"
