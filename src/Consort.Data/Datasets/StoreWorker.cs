using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>Pass 2 of one thread: encodes blocks and deals their rows to the splits.</summary>
internal sealed class StoreWorker : IBlockWorker, IDisposable
{
    private readonly BlockReader _reader;
    private readonly IReadOnlyList<string> _paths;
    private readonly SplitAssigner _splits;
    private readonly SplitWriter _writer;
    private readonly TruthFiles? _truth;
    private readonly RowEncoder _encoder;
    private readonly RowGroup _group;
    private readonly int _rowBytes;
    private readonly int _labelPlace;
    private readonly NativeBuffer<byte> _rows;
    private RowParser? _parser;
    private int _file = -1;
    private EncodedBlock? _block;

    public StoreWorker(BlockReader reader, IReadOnlyList<string> paths, Encoder encoder, SplitAssigner splits, SplitWriter writer, TruthFiles? truth)
    {
        _reader = reader;
        _paths = paths;
        _splits = splits;
        _writer = writer;
        _truth = truth;
        _encoder = new RowEncoder(encoder);
        _group = new RowGroup(encoder.Schema.Fields.Count);
        _labelPlace = 4 * (encoder.Space.Categorical.Count + encoder.Space.Numeric.Count);
        _rowBytes = _labelPlace + (truth is null ? 4 : 8);
        _rows = new NativeBuffer<byte>((long)_rowBytes * RowGroup.Capacity, MemoryContent.Unwritten);
    }

    public void Prepare() => _block ??= _writer.Rent();

    public void Process(Block block)
    {
        string path = _paths[block.File];
        Layout layout = _reader.Layouts[block.File];
        if (_file != block.File) _parser = ReaderCatalogue.Create(layout);
        _file = block.File;
        float[]? truth = _truth?.Read(block.File, block.FirstRow, block.Rows);
        Span<byte> splits = stackalloc byte[RowGroup.Capacity];
        int position = 0, first = 0;
        while (position < block.Length)
        {
            position = _parser!.Parse(block, position, path, _group);
            int rows = _group.Rows;
            Span<byte> encoded = _rows.Span;
            _encoder.Encode(block, _group, layout, path, encoded, _rowBytes);
            _splits.Assign(block, first, splits[..rows]);
            for (int r = 0; r < rows; r++)
            {
                Span<byte> row = encoded.Slice(r * _rowBytes, _rowBytes);
                if (truth is not null) MemoryMarshal.Write(row[(_labelPlace + 4)..], truth[first + r]);
                row.CopyTo(_block!.Add(splits[r], _rowBytes, MemoryMarshal.Read<float>(row[_labelPlace..]) != 0));
            }
            first += rows;
        }
        EncodedBlock done = _block!;
        _block = null;
        _writer.Submit(block.Index, done);
    }

    public void Dispose()
    {
        _group.Dispose();
        _rows.Dispose();
    }
}
