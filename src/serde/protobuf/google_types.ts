/** The types of `google/type`, by their fields and values: whoever uses them expects that they are there. */

/** The lines of a message. */
type Fields = readonly string[];

const messages: Readonly<Record<string, { readonly imports?: Fields; readonly types: Record<string, Fields> }>> = {
  color: {
    imports: ["google/protobuf/wrappers.proto"],
    types: {
      Color: ["float red = 1", "float green = 2", "float blue = 3", "google.protobuf.FloatValue alpha = 4"],
    },
  },
  date: { types: { Date: ["int32 year = 1", "int32 month = 2", "int32 day = 3"] } },
  datetime: {
    imports: ["google/protobuf/duration.proto"],
    types: {
      DateTime: [
        ...["year", "month", "day", "hours", "minutes", "seconds", "nanos"].map((name, i) =>
          `int32 ${name} = ${i + 1}`
        ),
        "oneof time_offset { google.protobuf.Duration utc_offset = 8; TimeZone time_zone = 9; }",
      ],
      TimeZone: ["string id = 1", "string version = 2"],
    },
  },
  decimal: { types: { Decimal: ["string value = 1"] } },
  expr: {
    types: {
      Expr: ["string expression = 1", "string title = 2", "string description = 3", "string location = 4"],
    },
  },
  fraction: { types: { Fraction: ["int64 numerator = 1", "int64 denominator = 2"] } },
  interval: {
    imports: ["google/protobuf/timestamp.proto"],
    types: { Interval: ["google.protobuf.Timestamp start_time = 1", "google.protobuf.Timestamp end_time = 2"] },
  },
  latlng: { types: { LatLng: ["double latitude = 1", "double longitude = 2"] } },
  localized_text: { types: { LocalizedText: ["string text = 1", "string language_code = 2"] } },
  money: { types: { Money: ["string currency_code = 1", "int64 units = 2", "int32 nanos = 3"] } },
  phone_number: {
    types: {
      PhoneNumber: [
        "oneof kind { string e164_number = 1; ShortCode short_code = 2; }",
        "string extension = 3",
        "message ShortCode { string region_code = 1; string number = 2; }",
      ],
    },
  },
  postal_address: {
    types: {
      PostalAddress: [
        "int32 revision = 1",
        ...["region_code", "language_code", "postal_code", "sorting_code", "administrative_area", "locality"]
          .map((name, i) => `string ${name} = ${i + 2}`),
        "string sublocality = 8",
        "repeated string address_lines = 9",
        "repeated string recipients = 10",
        "string organization = 11",
      ],
    },
  },
  quaternion: { types: { Quaternion: ["double x = 1", "double y = 2", "double z = 3", "double w = 4"] } },
  timeofday: { types: { TimeOfDay: ["int32 hours = 1", "int32 minutes = 2", "int32 seconds = 3", "int32 nanos = 4"] } },
};

/** Enums, whose values are numbered from 0. */
const enums: Readonly<Record<string, readonly [name: string, values: string]>> = {
  calendar_period: ["CalendarPeriod", "CALENDAR_PERIOD_UNSPECIFIED DAY WEEK FORTNIGHT MONTH QUARTER HALF YEAR"],
  dayofweek: [
    "DayOfWeek",
    "DAY_OF_WEEK_UNSPECIFIED MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY",
  ],
  month: [
    "Month",
    "MONTH_UNSPECIFIED JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER",
  ],
};

const HEAD = 'syntax = "proto3"; package google.type;';

/** The texts of the files, by their names. */
export const googleTypes: readonly (readonly [fileName: string, text: string])[] = [
  ...Object.entries(messages).map(([file, { imports = [], types }]) => {
    const bodies = Object.entries(types).map(([name, fields]) => `message ${name} { ${fields.join("; ")}; }`);
    return [fileName(file), HEAD + imports.map((name) => `import "${name}";`).join("") + bodies.join("")] as const;
  }),
  ...Object.entries(enums).map(([file, [name, values]]) => {
    const lines = values.split(" ").map((value, number) => `${value} = ${number};`);
    return [fileName(file), `${HEAD} enum ${name} { ${lines.join(" ")} }`] as const;
  }),
];

function fileName(name: string): string {
  return `google/type/${name}.proto`;
}
