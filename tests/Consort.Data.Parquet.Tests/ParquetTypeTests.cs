using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Data.Tests.Sources;
using ParquetSharp;

namespace Consort.Data.Parquet.Tests;

/// <summary>The text of a value of every type, which is the same as of other sources.</summary>
public sealed class ParquetTypeTests : IDisposable
{
    private static readonly SourceCatalogue Catalogue = SourceCatalogue.BuiltIn.With(ParquetRows.Kind);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_WholeNumbers_AreWrittenAsSuch()
    {
        Check<sbyte>([-128, 127], "-128", "127");
        Check<byte>([255], "255");
        Check<short>([short.MinValue], "-32768");
        Check<ushort>([ushort.MaxValue], "65535");
        Check<int>([0, 9, 10, int.MinValue], "0", "9", "10", "-2147483648");
        Check<uint>([uint.MaxValue], "4294967295");
        Check<long>([long.MaxValue, long.MinValue], "9223372036854775807", "-9223372036854775808");
        Check<ulong>([ulong.MaxValue], "18446744073709551615");
        Check<long?>([5, null, 0], "5", null, "0");
    }

    [Fact]
    public void Read_Fractions_AreAsShortAsReadsBack()
    {
        Check<float>([0.1f, 3f, -2.5f, 16_777_216f, 1e-7f], "0.1", "3", "-2.5", "16777216", "1E-07");
        Check<double>([0.1, 260.0, 1e15, 1.5e300, 2.0 / 3], "0.1", "260", "1000000000000000", "1.5E+300", "0.6666666666666666");
        Check<double?>([null, -0.5], null, "-0.5");
        Check<double>([double.NaN, double.PositiveInfinity], "NaN", "Infinity");
        Check<Half>([(Half)0.5, (Half)3], "0.5", "3");
    }

    [Theory]
    [InlineData(9)]
    [InlineData(18)]
    [InlineData(29)]
    public void Read_Decimals_HaveNoZerosBehind(int precision) =>
        CheckAs<decimal>([12.50m, -0.05m, 3m, 0m], LogicalType.Decimal(precision, 3), "12.5", "-0.05", "3", "0");

    [Fact]
    public void Read_YesAndNo_AreOneAndZero() => Check<bool?>([true, null, false], "1", null, "0");

    [Fact]
    public void Read_Texts_AreTheirBytes()
    {
        Check<string?>(["", "a\tb\"c", null, "Zürich", new string('x', 70_000)], "", "a\tb\"c", null, "Zürich", new string('x', 70_000));
        Check<byte[]>([[65, 66], []], "AB", "");
        Check<Guid>([new Guid("00112233-4455-6677-8899-aabbccddeeff")], "00112233-4455-6677-8899-aabbccddeeff");
    }

    [Fact]
    public void Read_DaysAndTimes_AreIso8601()
    {
        Check<Date>([new Date(2026, 11, 1), new Date(1969, 12, 31), new Date(2000, 2, 29)], "2026-11-01", "1969-12-31", "2000-02-29");
        var day = new DateTime(2026, 11, 1, 13, 5, 0, DateTimeKind.Utc);
        CheckAs<DateTime>([day, day.AddMilliseconds(250), new DateTime(1960, 1, 1, 23, 59, 59, DateTimeKind.Utc)], LogicalType.Timestamp(true, TimeUnit.Millis),
            "2026-11-01T13:05:00Z", "2026-11-01T13:05:00.25Z", "1960-01-01T23:59:59Z");
        CheckAs<DateTime>([day.AddTicks(10)], LogicalType.Timestamp(false, TimeUnit.Micros), "2026-11-01T13:05:00.000001");
        CheckAs<DateTimeNanos>([new DateTimeNanos(-1)], LogicalType.Timestamp(false, TimeUnit.Nanos), "1969-12-31T23:59:59.999999999");
        CheckAs<TimeSpan>([new TimeSpan(13, 5, 0), new TimeSpan(0, 0, 0, 1, 500)], LogicalType.Time(true, TimeUnit.Micros), "13:05:00", "00:00:01.5");
        CheckAs<TimeSpan>([new TimeSpan(0, 0, 0, 1, 500)], LogicalType.Time(true, TimeUnit.Millis), "00:00:01.5");
    }

    [Fact]
    public void Read_BytesThatAreNoText_SayWhereTheyAre()
    {
        var path = Write<byte[]>([[65], [0xC3], [0xA9, 66]], LogicalType.None());
        var e = Assert.Throws<ConsortException>(() => SeenRows.Of(Catalogue, Schema, path));
        Assert.StartsWith($"{path}:2, column value: found bytes that are not UTF-8", e.Message, StringComparison.Ordinal);
    }

    private static Schema Schema { get; } =
        new() { Fields = [new Field("click", FieldKind.Label), new Field("value", FieldKind.Categorical)] };

    private void Check<T>(T[] values, params string?[] texts) => CheckAs(values, null, texts);

    private void CheckAs<T>(T[] values, LogicalType? type, params string?[] texts) =>
        Assert.Equal(texts, SeenRows.Of(Catalogue, Schema, Write(values, type)).Select(r => r.Cells[1]));

    private string Write<T>(T[] values, LogicalType? type)
    {
        var path = _folder.At("v.parquet");
        using var writer = new ParquetFileWriter(path, [new Column<T>("value", type), new Column<bool>("click")]);
        using var group = writer.AppendRowGroup();
        using (var column = group.NextColumn().LogicalWriter<T>()) column.WriteBatch(values);
        using (var column = group.NextColumn().LogicalWriter<bool>()) column.WriteBatch(new bool[values.Length]);
        writer.Close();
        return path;
    }
}
