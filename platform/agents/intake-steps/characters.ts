/** Control and direction characters but tab and line ends: they hide what a text says, and XML cannot hold most of them. */
export const unseen = /[[\p{Cc}\u202a-\u202e\u2066-\u2069\ufffe\uffff]--[\t\n\r]]/gv;

/** What a cell must not hold to be written as it is: it would need cleaning, or quoting in JSON. Line feeds stand between rows. */
export const unusual = /[["\\\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\ufffe\uffff]--\n]/v;
/** The same where tabs stand between cells. */
export const unusualButTab = /[["\\\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069\ufffe\uffff]--[\n\t]]/v;

/** What JSON text must escape; U+2028 and U+2029 are allowed in JSON. */
export const escapedInJson = /[["\\\p{Cs}\p{Cc}]--[\u007f-\u009f]]/v;
