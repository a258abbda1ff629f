const { CI, REQUIRE_ENGINES = '' } = process.env;

/** In CI what the tests can use must be there; a contributor's machine without it skips those tests, and says so. */
export const enginesRequired = CI === 'true' || ['1', 'true'].includes(REQUIRE_ENGINES);
