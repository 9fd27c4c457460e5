export { apiService, fakeWorld, productionTimes, type World } from "#runbooks/scenarios/world.ts";
