/** What we found out about a target. `unknown` = not probed yet: usable, but one failure is enough (HAProxy `init-state`). */
export type HealthStatus = 'up' | 'down' | 'unknown';

/** `streak` counts the results in a row that speak against `status`. */
export type Health = Readonly<{status: HealthStatus; streak: number}>;

/** Results in a row to come up and to go down (HAProxy configuration.txt, "rise" and "fall"; its defaults are 2 and 3). */
export type Thresholds = Readonly<{rise: number; fall: number}>;

export const unknownHealth: Health = {status: 'unknown', streak: 0};

/** The health machine: one result, active or passive, in; the next health out. */
export const nextHealth = ({status, streak}: Health, isPassed: boolean, {rise, fall}: Thresholds): Health => {
	const verdict = isPassed ? 'up' : 'down';
	if (verdict === status) {
		return {status, streak: 0};
	}

	const needed = status === 'unknown' ? 1 : (isPassed ? rise : fall);
	return streak + 1 < needed ? {status, streak: streak + 1} : {status: verdict, streak: 0};
};
