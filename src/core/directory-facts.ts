import type { Facts } from './decide/facts.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** The facts with what the CA's directory says: terms, whether accounts must be bound, profiles. */
export async function withDirectory(facts: Facts, settings: Settings, world: World): Promise<Facts> {
  const { meta } = await world.directory(settings);
  return {
    ...facts,
    directory: {
      ...(meta.termsOfService === undefined ? {} : { termsOfService: meta.termsOfService }),
      externalAccountRequired: meta.externalAccountRequired,
      profiles: meta.profiles,
      renewalInfo: false,
    },
  };
}
