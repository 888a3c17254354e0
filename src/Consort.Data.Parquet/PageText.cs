using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Consort.Data.Sources;
using ParquetSharp;

namespace Consort.Data.Parquet;

/// <summary>Reads the values of one column, some levels at a time, and writes them as text.</summary>
internal abstract class PageText
{
    /// <summary>Begins a row group.</summary>
    public abstract void Begin(ColumnReader reader);

    /// <summary>Writes a cell for each of the next rows; <paramref name="done"/> tells how far it came.</summary>
    public abstract void Read(Span<Cell> cells, ref int done, CellWriter writer, CellTable table);

    /// <summary>Whether values are whole numbers.</summary>
    public virtual bool HasNumbers => false;

    /// <summary>
    /// Reads the next rows as <see cref="CellNumbers"/>, and says so; where a number is too great, those up to it become texts, and the
    /// rest is left to <see cref="Read"/>.
    /// </summary>
    public virtual void ReadNumbers(Span<Cell> cells, int field, ref int done, CellWriter writer, CellTable table)
    {
    }

    /// <summary>By the column's physical and logical type.</summary>
    public static PageText Of(ParquetColumn column, ColumnDescriptor leaf, ListForm? form)
    {
        var json = new JsonValues(column.Facts.Name, column.Facts.IsList ? null : form);

        PageText Make<T, TText>(TText text)
            where T : unmanaged
            where TText : struct, IValueText<T> => new PageText<T, TText>(column, text, form, json);

        using var logical = leaf.LogicalType;
        int scale = leaf.TypeScale, length = leaf.TypeLength;
        return (leaf.PhysicalType, logical) switch
        {
            (PhysicalType.Boolean, _) => Make<bool, FlagText>(default),
            (PhysicalType.Int32, { Type: LogicalTypeEnum.Date }) => Make<int, DateText>(default),
            (PhysicalType.Int32, TimeLogicalType time) => Make<int, ClockText>(new(Units.Nanoseconds(time.TimeUnit))),
            (PhysicalType.Int32, DecimalLogicalType) => Make<int, DecimalText>(new(scale)),
            (PhysicalType.Int32, IntLogicalType { IsSigned: false }) => Make<int, UnsignedText>(default),
            (PhysicalType.Int32, _) => Make<int, IntegerText>(default),
            (PhysicalType.Int64, TimestampLogicalType time) =>
                Make<long, TimestampText>(new(Units.PerSecond(time.TimeUnit), time.IsAdjustedToUtc)),
            (PhysicalType.Int64, TimeLogicalType time) => Make<long, ClockText>(new(Units.Nanoseconds(time.TimeUnit))),
            (PhysicalType.Int64, DecimalLogicalType) => Make<long, DecimalText>(new(scale)),
            (PhysicalType.Int64, IntLogicalType { IsSigned: false }) => Make<long, UnsignedText>(default),
            (PhysicalType.Int64, _) => Make<long, IntegerText>(default),
            (PhysicalType.Int96, _) => Make<Int96, DayAndTimeText>(default),
            (PhysicalType.Float, _) => Make<float, NumberText>(default),
            (PhysicalType.Double, _) => Make<double, NumberText>(default),
            (PhysicalType.ByteArray, DecimalLogicalType) => Make<ByteArray, BytesDecimalText>(new(0, scale)),
            (PhysicalType.ByteArray, { Type: LogicalTypeEnum.Json }) => Make<ByteArray, JsonText>(new(json)),
            (PhysicalType.ByteArray, _) => Make<ByteArray, BytesText>(default),
            (_, DecimalLogicalType) => Make<FixedLenByteArray, BytesDecimalText>(new(length, scale)),
            (_, { Type: LogicalTypeEnum.Uuid }) => Make<FixedLenByteArray, UuidText>(default),
            (_, { Type: LogicalTypeEnum.Float16 }) => Make<FixedLenByteArray, HalfText>(default),
            _ => Make<FixedLenByteArray, BytesText>(new(length)),
        };
    }
}

/// <inheritdoc/>
internal sealed class PageText<T, TText>(ParquetColumn column, TText text, ListForm? form, JsonValues json) : PageText
    where T : unmanaged
    where TText : struct, IValueText<T>
{
    private const int Batch = 4096;
    private const int Ahead = 12; // values of a dictionary lie anywhere in it, and are asked for so many before they are copied
    private readonly short[] _definitions = new short[column.Full > 0 ? Batch : 0];
    private readonly short[] _repetitions = new short[column.Facts.IsList ? Batch : 0];
    private readonly T[] _values = new T[Batch];
    private ColumnReader<T>? _reader;
    private int _levels; // read and not yet all taken
    private int _level;
    private int _value;

    public override void Begin(ColumnReader reader)
    {
        _reader = (ColumnReader<T>)reader;
        (_levels, _level, _value) = (0, 0, 0);
    }

    public override bool HasNumbers =>
        typeof(TText) == typeof(IntegerText) && (typeof(T) == typeof(int) || typeof(T) == typeof(long)) && !column.Facts.IsList;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void ReadNumbers(Span<Cell> cells, int field, ref int done, CellWriter writer, CellTable table)
    {
        var numbers = CellNumbers.Of(cells);
        table.SetNumbers(field, true);
        while (done < numbers.Length)
        {
            if (_level == _levels && !Fill(numbers.Length - done)) throw TooFew();
            var end = done + Math.Min(_levels - _level, numbers.Length - done);
            while (done < end)
            {
                var number = CellNumbers.Absent;
                if (column.Full == 0 || _definitions[_level] == column.Full)
                {
                    number = typeof(T) == typeof(int) ? Unsafe.As<T, int>(ref _values[_value]) : Unsafe.As<T, long>(ref _values[_value]);
                    if (number is < -CellNumbers.Most or > CellNumbers.Most)
                    {
                        CellNumbers.Write(cells[..done], writer);
                        table.SetNumbers(field, false);
                        return;
                    }
                    _value++;
                }
                _level++;
                numbers[done++] = number;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Read(Span<Cell> cells, ref int done, CellWriter writer, CellTable table)
    {
        for (; column.Facts.IsList && done < cells.Length; done++) cells[done] = ReadList(done, writer, table);
        while (done < cells.Length)
        {
            if (_level == _levels && !Fill(cells.Length - done)) throw TooFew();
            var rows = Math.Min(_levels - _level, cells.Length - done);
            if (typeof(T) == typeof(ByteArray) && typeof(TText) == typeof(BytesText))
            {
                PutTexts(cells.Slice(done, rows), writer);
                done += rows;
                continue;
            }
            for (var end = done + rows; done < end; done++)
            {
                var isThere = column.Full == 0 || _definitions[_level] == column.Full;
                cells[done] = isThere ? text.Write(_values[_value++], writer) : new Cell { Length = -1 };
                if (typeof(TText) == typeof(JsonText) && isThere && json.Mistake is { } mistake) table.Fail(done, mistake);
                _level++;
            }
        }
    }

    // The most frequent kind, so their room is asked for once.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PutTexts(Span<Cell> cells, CellWriter writer)
    {
        var (full, allThere) = ((short)column.Full, column.Full == 0);
        var definitions = allThere ? default : _definitions.AsSpan(_level, cells.Length);
        var values = MemoryMarshal.Cast<T, ByteArray>(_values.AsSpan(_value, allThere ? cells.Length : definitions.Count(full)));
        long bytes = values.Length;
        foreach (ref readonly var value in values) bytes += (uint)value.Length; // of a negative one there is never room
        var (start, at, next) = (writer.End, 0, 0);
        var room = writer.Texts(bytes);
        for (var r = 0; r < cells.Length; r++)
        {
            if (!allThere && definitions[r] != full)
            {
                cells[r] = new Cell { Length = -1 };
                continue;
            }
            if (next + Ahead < values.Length) NativeBlocks.Prefetch(in NativeBlocks.At<byte>(values[next + Ahead].Pointer, 0));
            var text = ForeignBytes.Of<byte>(values[next].Pointer, values[next].Length);
            next++;
            Copy(text, room[at..]);
            cells[r] = new Cell { Start = start + at, Length = text.Length };
            at += text.Length;
            room[at++] = (byte)'\n';
        }
        _level += cells.Length;
        _value += next;
    }

    // Most tokens are short, and a call would take longer than they do.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(ReadOnlySpan<byte> text, Span<byte> room)
    {
        if (text.Length == 8)
        {
            MemoryMarshal.Write(room, MemoryMarshal.Read<ulong>(text));
            return;
        }
        if (text.Length is < 4 or > 16)
        {
            text.CopyTo(room);
            return;
        }
        var end = text.Length;
        if (end >= 8)
        {
            MemoryMarshal.Write(room, MemoryMarshal.Read<ulong>(text));
            MemoryMarshal.Write(room[(end - 8)..], MemoryMarshal.Read<ulong>(text[(end - 8)..]));
            return;
        }
        MemoryMarshal.Write(room, MemoryMarshal.Read<uint>(text));
        MemoryMarshal.Write(room[(end - 4)..], MemoryMarshal.Read<uint>(text[(end - 4)..]));
    }

    private Cell ReadList(int row, CellWriter writer, CellTable table)
    {
        if (_level == _levels && !Fill(Batch)) throw TooFew();
        if (column.MayBeNull && _definitions[_level] == 0)
        {
            _level++;
            return new Cell { Length = -1 };
        }
        var list = new ListText(writer, form!);
        do
        {
            // Below those levels the list is empty.
            if (_definitions[_level] == column.Full)
            {
                var token = text.Write(_values[_value++], writer);
                if (typeof(TText) == typeof(JsonText) && json.Mistake is { } mistake) table.Fail(row, mistake);
                if (token.Length < 0) list.TakeMissing();
                else if (!list.Take(token))
                    table.Fail(row, ListText.Mistake(column.Facts.Name, writer.Written(token.Start)[..token.Length], form!));
            }
            else if (_definitions[_level] >= column.Element) list.TakeMissing();
            _level++;
        }
        while ((_level < _levels || Fill(Batch)) && _repetitions[_level] > 0);
        return list.End();
    }

    // What was read before must have been taken: byte arrays are there until more is read.
    private bool Fill(int wanted)
    {
        var read = _reader!.ReadBatch(Math.Min(Batch, wanted), _definitions, _repetitions, _values, out _);
        (_levels, _level, _value) = ((int)read, 0, 0);
        return read > 0;
    }

    private static InvalidOperationException TooFew() => new("fewer values than the description of the file says");
}
