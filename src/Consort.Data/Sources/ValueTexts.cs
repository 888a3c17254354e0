namespace Consort.Data.Sources;

/// <summary>Writes a value of a type as text: what a column means by the numbers that it is stored as.</summary>
internal interface IValueText<T>
{
    Cell Write(T value, CellWriter writer);
}

internal readonly struct FlagText : IValueText<bool>
{
    public Cell Write(bool value, CellWriter writer) => writer.Flag(value);
}

internal readonly struct IntegerText :
    IValueText<sbyte>, IValueText<byte>, IValueText<short>, IValueText<ushort>, IValueText<int>, IValueText<uint>, IValueText<long>,
    IValueText<ulong>, IValueText<Int128>, IValueText<UInt128>
{
    public Cell Write(sbyte value, CellWriter writer) => writer.Integer(value);

    public Cell Write(byte value, CellWriter writer) => writer.Integer(value);

    public Cell Write(short value, CellWriter writer) => writer.Integer(value);

    public Cell Write(ushort value, CellWriter writer) => writer.Integer(value);

    public Cell Write(int value, CellWriter writer) => writer.Integer(value);

    public Cell Write(uint value, CellWriter writer) => writer.Integer(value);

    public Cell Write(long value, CellWriter writer) => writer.Integer(value);

    public Cell Write(ulong value, CellWriter writer) => writer.Unsigned(value);

    public Cell Write(Int128 value, CellWriter writer) => writer.Large(value);

    public Cell Write(UInt128 value, CellWriter writer) => writer.Large(value);
}

internal readonly struct NumberText : IValueText<float>, IValueText<double>
{
    public Cell Write(float value, CellWriter writer) => writer.Number(value);

    public Cell Write(double value, CellWriter writer) => writer.Number(value);
}

internal readonly struct DecimalText(int scale) : IValueText<short>, IValueText<int>, IValueText<long>, IValueText<Int128>
{
    public Cell Write(short value, CellWriter writer) => writer.Decimal(value, scale);

    public Cell Write(int value, CellWriter writer) => writer.Decimal(value, scale);

    public Cell Write(long value, CellWriter writer) => writer.Decimal(value, scale);

    public Cell Write(Int128 value, CellWriter writer) => writer.Decimal(value, scale);
}

internal readonly struct DateText : IValueText<int>
{
    public Cell Write(int value, CellWriter writer) => writer.Date(value);
}

internal readonly struct ClockText(long nanoseconds) : IValueText<int>, IValueText<long>
{
    public Cell Write(int value, CellWriter writer) => writer.Time(value * nanoseconds);

    public Cell Write(long value, CellWriter writer) => writer.Time(value * nanoseconds);
}

internal readonly struct TimestampText(long unitsPerSecond, bool isUtc) : IValueText<long>
{
    public Cell Write(long value, CellWriter writer) => writer.Timestamp(value, unitsPerSecond, isUtc);
}
