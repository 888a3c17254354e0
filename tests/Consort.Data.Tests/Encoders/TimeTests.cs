using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Encoders;

public sealed class TimeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Schema Fields(string fields) =>
        Schema.Load(OptionMap.Parse($"{{delimiter: comma, fields: [{{name: y, kind: label}}, {fields}]}}", "s.yaml"));

    private EncodedDataset Encode(string fields, params string[] values) =>
        _folder.Encode(Fields(fields), _folder.File("d.csv", string.Concat(values.Select(v => $"1,{v}\n"))));

    private static string[] Tokens(EncodedDataset dataset, int row) =>
        [.. Row.Of(dataset.Train).ElementAt(row).Ids.Select(dataset.Encoder.Token)];

    [Theory]
    [InlineData("2026-11-01T13:05:07Z", "2026-11-01T13:05:07.0000000")]
    [InlineData("2026-11-01 13:05:07", "2026-11-01T13:05:07.0000000")]
    [InlineData("2026-11-01 13:05:07.123456789", "2026-11-01T13:05:07.1234567")]
    [InlineData("2026-11-01T13:05:07,5+01:30", "2026-11-01T11:35:07.5000000")]
    [InlineData("2026-11-01 13:05:07-08", "2026-11-01T21:05:07.0000000")]
    [InlineData("2026-11-01T13:05+0530", "2026-11-01T07:35:00.0000000")]
    [InlineData("2026-11-01 13:05:07 UTC", "2026-11-01T13:05:07.0000000")]
    [InlineData("2026-11-01T13", "2026-11-01T13:00:00.0000000")]
    [InlineData("2026-11-01", "2026-11-01T00:00:00.0000000")]
    [InlineData("20261101T130507", "2026-11-01T13:05:07.0000000")]
    [InlineData("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.9000000")]
    [InlineData("20261101", "2026-11-01T00:00:00.0000000")]
    [InlineData("21991231", "2199-12-31T00:00:00.0000000")]
    public void Iso_AsPeopleWriteIt_IsThatTime(string text, string utc)
    {
        Assert.True(TimeText.TryRead(System.Text.Encoding.UTF8.GetBytes(text), TimeFormat.Iso, out var ticks));
        Assert.Equal(utc, new DateTime(ticks).ToString("O", CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("2026-13-01")]
    [InlineData("2026-02-29")]
    [InlineData("2026-11-01T24:00")]
    [InlineData("2026-11-01T13:60")]
    [InlineData("2026-11-01T13:05:07.")]
    [InlineData("2026-11-01T13:05:07+25:00")]
    [InlineData("2026-11-01 1pm")]
    [InlineData("2026-11-1")]
    [InlineData("0001-01-01")]
    [InlineData("9999-12-31")]
    [InlineData("26110113")] // YYMMDDHH
    [InlineData("")]
    [InlineData("x")]
    public void Iso_OtherTexts_AreNone(string text) =>
        Assert.False(TimeText.TryRead(System.Text.Encoding.UTF8.GetBytes(text), TimeFormat.Iso, out _));

    [Theory]
    [InlineData("9999-12-31", "iso", "a time of 0001-01-02 to 9999-12-30 or empty")]
    [InlineData("0001-01-01T23:59:59", "auto", "a time of 0001-01-02 to 9999-12-30 or empty")]
    [InlineData("253402300799", "unix_s", "a time of 0001-01-02 to 9999-12-30 or empty")]
    [InlineData("1e300", "unix_ms", "a time of 0001-01-02 to 9999-12-30 or empty")]
    [InlineData("1790022248000", "unix_s", "a time as seconds since 1970 or empty (looks like milliseconds since 1970, which format: unix_ms reads)")]
    [InlineData("1790022248000.5", "unix_s", "a time as seconds since 1970 or empty (looks like milliseconds since 1970, which format: unix_ms reads)")]
    [InlineData("1790022248000000", "unix_ms", "a time as milliseconds since 1970 or empty (looks like microseconds since 1970, which format: unix_us reads)")]
    [InlineData("1790022248000000000", "unix_s", "a time as seconds since 1970 or empty (looks like nanoseconds since 1970, which format: unix_ns reads)")]
    [InlineData("9790022248000", "unix_s", "a time of 0001-01-02 to 9999-12-30 or empty")] // of 2280
    [InlineData("2026-13-01", "iso", "a time as ISO 8601 (2026-11-01T13:05:00Z) or empty")]
    [InlineData("soon", "unix_s", "a time as seconds since 1970 or empty")]
    public void Encode_WhatIsNoTime_SaysWhichThereAre(string text, string format, string expected) =>
        Assert.EndsWith($":1, column t: found \"{text}\", expected {expected}", Assert.Throws<ConsortException>(() =>
            Encode($"{{name: t, kind: time, format: {format}, derive: [day]}}", text).Dispose()).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("1793538307", "unix_s")]
    [InlineData("1793538307.5", "unix_s")]
    [InlineData("1793538307000", "unix_ms")]
    [InlineData("1793538307000000", "unix_us")]
    [InlineData("1793538307000000000", "unix_ns")]
    [InlineData("26110113", "yymmddhh")]
    [InlineData("26110113.0", "yymmddhh")]
    [InlineData("2026-11-01T14:05:07+01:00", "iso")]
    [InlineData("20261101", "iso")]
    public void Auto_TrainingRows_DecideAndTheFittedSchemaSays(string text, string format)
    {
        using var dataset = Encode("{name: t, kind: time, derive: [weekday, month, day, weekend]}", text, "");
        Assert.Contains($"kind: time, format: {format}", dataset.Encoder.Schema.ToYaml(), StringComparison.Ordinal);
        Assert.Equal(["6", "11", "1", "1"], Tokens(dataset, 0));
        Assert.Equal(["(missing)", "(missing)", "(missing)", "(missing)"], Tokens(dataset, 1));
        Assert.Equal(["t_weekday", "t_month", "t_day", "t_weekend"], dataset.Space.Categorical.Select(c => c.Name));
        using var reader = new RawBatchReader(_folder.File("new.csv", "1,2\n"), dataset.Encoder, 4, labelRequired: true);
        if (format is "unix_s" or "unix_ms" or "unix_us" or "unix_ns") Assert.NotNull(reader.Next());
        else Assert.EndsWith($":1, column t: found \"2\", expected {TimeText.Say(dataset.Encoder.Schema.Fields[1].Format)} or empty",
            Assert.Throws<ConsortException>(reader.Next).Message);
    }

    [Fact]
    public void Parts_OfRandomTimes_AreWhatDateTimeSaysInEveryFormatAndZone()
    {
        var random = new Random(7);
        var times = Enumerable.Range(0, 300).Select(_ => DateTime.UnixEpoch.AddSeconds(random.NextInt64(-2_000_000_000, 4_000_000_000))).ToArray();
        Span<byte> text = stackalloc byte[64];
        foreach (var format in Enum.GetValues<TimeFormat>().Where(f => f is not (TimeFormat.Auto or TimeFormat.Yymmddhh)))
        {
            foreach (var zone in new[] { TimeSpan.Zero, TimeSpan.FromMinutes(330), TimeSpan.FromHours(-11) })
            {
                foreach (var time in times)
                {
                    var length = TimeText.Write(new DateTimeOffset(time), format, text);
                    var padded = text[..Math.Max(8, length)];
                    var local = time + zone;
                    int[] expected = [local.Hour, ((int)local.DayOfWeek + 6) % 7, local.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 1 : 0,
                        local.Day, local.Month];
                    for (var part = TimePart.Hour; part < TimePart.Age; part++)
                    {
                        Assert.True(new TimeCode(part, format, zone).TryRead(padded, new() { Length = length }, out var code));
                        Assert.Equal(expected[(int)part], code);
                    }
                }
            }
        }
    }

    [Fact]
    public void Auto_MixedForms_NamesBothPlaces()
    {
        var mistake = Assert.Throws<ConsortException>(() =>
            Encode("{name: t, kind: time, derive: [hour]}", "", "2026-11-01", "2026-11-02 13:00", "1793538307", "26110113"));
        var file = _folder.At("d.csv");
        Assert.Equal($"{file}:4, column t: found \"1793538307\", Unix time in seconds, expected ISO 8601 as \"2026-11-01\" of {file}:2; write all of a column alike, or name the form that they have by format: iso, unix_s, unix_ms, unix_us, unix_ns, yymmddhh",
            mistake.Message);
    }

    // Whoever counted them by several threads, the first in the file is told; and by whoever describes a file too.
    [Fact]
    public void Auto_MixedFormsFarApart_NamesTheFirstOfMany()
    {
        var file = _folder.File("many.csv", string.Concat(Enumerable.Range(0, 300_000).Select(r =>
            $"{r % 2},{(r is 250_000 or > 290_000 ? "2026-11-01T10:00:00Z" : $"{1_793_538_307 + r}")}\n")));
        var schema = Schema.Load(OptionMap.Parse("""
            delimiter: comma
            fields: [{name: click, kind: label}, {name: t, kind: time, derive: [hour]}]
            """, "test"));
        var split = SplitPlan.BySeed([file], 1, 0.8, 0.2, 0);
        foreach (var threads in new[] { 1, 4 })
        {
            var encoded = Assert.Throws<ConsortException>(() =>
                DatasetEncoder.Encode(new EncodeRequest(schema, split, _folder.At("encoded"), threads)));
            Assert.Matches(":250001, column t: found \"2026-11-01T10:00:00Z\", ISO 8601, expected Unix time in seconds as \"17935383\\d\\d\" of ", encoded.Message);
            var described = Assert.Throws<ConsortException>(() => DatasetDescription.OfRaw(file, schema, threads: threads));
            Assert.StartsWith($"{file}:250001, column t: found ", described.Message, StringComparison.Ordinal);
        }
    }

    // What is seen of one unit would be read in another: seconds as milliseconds are a day of January 1970. A zero is the same in all.
    [Fact]
    public void Auto_UnixTimesOfTwoUnits_NamesBothPlaces()
    {
        var mistake = Assert.Throws<ConsortException>(() =>
            Encode("{name: t, kind: time, derive: [hour]}", "0", "1793538307", "1793541907000", "1793545507"));
        var file = _folder.At("d.csv");
        Assert.StartsWith($"{file}:3, column t: found \"1793541907000\", Unix time in milliseconds, expected Unix time in seconds as \"1793538307\" of {file}:2; write all",
            mistake.Message, StringComparison.Ordinal);
        using var zero = Encode("{name: t, kind: time, derive: [hour]}", "0", "1793541907000");
        Assert.Equal("0", Tokens(zero, 0)[0]);
    }

    [Fact]
    public void Auto_NoTime_NamesLineAndColumn()
    {
        var mistake = Assert.Throws<ConsortException>(() => Encode("{name: t, kind: time, derive: [hour]}", "2026-11-01", "soon"));
        Assert.EndsWith("d.csv:2, column t: found \"soon\", expected a time as ISO 8601, Unix seconds to nanoseconds or YYMMDDHH or empty",
            mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Zone_Shifts_PartsAlone()
    {
        using var dataset = Encode("{name: t, kind: time, zone: \"+02:30\", derive: [hour, day]}", "2026-11-01T22:00Z", "2026-11-01T22:00");
        Assert.Equal(["0", "2"], Tokens(dataset, 0));
        Assert.Equal(["0", "2"], Tokens(dataset, 1));
    }

    [Fact]
    public void Age_TwoTimes_IsDaysBetween()
    {
        using var dataset = Encode(
            "{name: t, kind: time, derive: [hour, age], since: joined}, {name: joined, kind: time}",
            "2026-11-03T12:00Z,1793491200", "2026-11-01T00:00Z,1793491200", ",1793491200", "2026-11-03T12:00Z,");
        Assert.Equal(["t_age"], dataset.Space.Numeric);
        Assert.Equal([2.5f, 0f, 0f, 0f], Row.Of(dataset.Train).Select(r => r.Numeric[0]));
        Assert.Equal(["iso", "unix_s"], dataset.Encoder.Schema.Fields.Skip(1).Select(f => Words.Of(f.Format)));
        using var reader = new RawBatchReader(_folder.File("new.csv", "1,2026-11-03T12:00Z,1793491200\n1,2026-11-04,soon\n"), dataset.Encoder, 4,
            labelRequired: true);
        var mistake = Assert.Throws<ConsortException>(reader.Next).Message;
        Assert.EndsWith("new.csv:2, column joined: found \"soon\", expected a time as seconds since 1970 or empty", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void Age_Standardised_HasMeanZero()
    {
        using var dataset = Encode("{name: t, kind: time, derive: [age], since: joined, transform: standardise}, {name: joined, kind: time}",
            [.. Enumerable.Range(0, 40).Select(i => FormattableString.Invariant($"{1793491200 + 86_400 * i},1793491200"))]);
        var ages = Row.Of(dataset.Train).Select(r => (double)r.Numeric[0]).ToArray();
        Assert.Equal(0, ages.Average(), 5);
        Assert.Equal(1, ages.Average(a => a * a), 5);
    }

    [Fact]
    public void Encoder_SavedAndLoaded_EncodesTheSame()
    {
        using var dataset = Encode(
            "{name: t, kind: time, derive: [age, hour, month], since: joined}, {name: joined, kind: time}, {name: paid, kind: boolean}",
            "2026-11-03T12:00Z,1793491200,Yes", "2026-10-01T00:00Z,1793491200,", ",1793491200,f", "2026-11-03T12:00Z,,0");
        dataset.Encoder.Save(_folder.At("encoder.bin"));
        var loaded = Encoder.Load(_folder.At("encoder.bin"));
        using RawBatchReader one = new(_folder.At("d.csv"), dataset.Encoder, 8, true), other = new(_folder.At("d.csv"), loaded, 8, true);
        Batch first = one.Next()!, second = other.Next()!;
        Assert.Equal(first.Ids.ToArray(), second.Ids.ToArray());
        Assert.Equal(first.Numeric.ToArray(), second.Numeric.ToArray());
        Assert.Equal(Row.Of(dataset.Train).SelectMany(r => r.Ids), second.Ids.ToArray());
        Assert.Equal(["true", "(missing)", "false", "false"], Enumerable.Range(0, 4).Select(r => loaded.Token(second.IdsOf(r)[2])));
    }

    [Theory]
    [InlineData("{name: t, kind: time, derive: [age]}", "s.yaml, field t: derive age and since: FIELD, the time it is counted from, belong together, found no since")]
    [InlineData("{name: t, kind: time, derive: [hour], since: u}", "s.yaml, field t: derive age and since: FIELD, the time it is counted from, belong together, found no age among derive")]
    [InlineData("{name: t, kind: time, derive: [age], since: u}", "s.yaml, field t, since: found no field named u")]
    [InlineData("{name: t, kind: time, derive: [age], since: t}", "s.yaml, field t, since: found t, expected another field of kind time")]
    [InlineData("{name: t, kind: time, derive: [hour], transform: standardise}", "s.yaml, field t: transform belongs to the age of a time, expected derive: [age]")]
    [InlineData("{name: t, kind: categorical, derive: [month]}", "s.yaml, field t: derive month needs kind time, found kind categorical")]
    [InlineData("{name: t, kind: categorical, zone: Z, format: iso}", "s.yaml, field t: format, zone and since belong to kind time, found kind categorical")]
    [InlineData("{name: t, kind: boolean, transform: \"hash: 3\"}", "s.yaml, field t: transform hash does not fit kind boolean")]
    [InlineData("{name: t, kind: weight}, {name: u, kind: weight}, {name: a, kind: categorical}", "s.yaml: found 2 fields of kind weight, expected at most one")]
    public void Schema_KeysThatDoNotFit_AreNamed(string fields, string expected) =>
        Assert.Equal(expected, Assert.Throws<ConsortException>(() => Fields(fields)).Message);

    [Fact]
    public void Schema_ZoneThatIsNone_IsNamed() =>
        Assert.Contains("zone: found \"Europe/Paris\", expected Z or an offset from -14:00 to +14:00",
            Assert.Throws<ConsortException>(() => Fields("{name: t, kind: time, zone: Europe/Paris}")).Message, StringComparison.Ordinal);

    [Fact]
    public void Schema_ToYaml_ReadsBack()
    {
        var schema = Fields("{name: at, kind: time, format: unix_ms, zone: \"-03:30\", derive: [hour, age], since: u}, {name: u, kind: time}, "
            + "{name: b, kind: boolean}, {name: w, kind: weight}, {name: g, kind: group}, {name: i, kind: id}");
        Assert.Contains("kind: time, format: unix_ms, zone: \"-03:30\", derive: [\"hour\", \"age\"], since: \"u\"}", schema.ToYaml(), StringComparison.Ordinal);
        Assert.Equal(schema, Schema.Load(OptionMap.Parse(schema.ToYaml(), "again")));
    }
}
