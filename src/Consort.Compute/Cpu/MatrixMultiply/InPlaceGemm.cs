using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// Aᵀ·B without packing: the rows of both operands lie along C, so a step of the sum finds its elements of each side by side. Serves
/// weight gradients with few rows or columns: an element is used too seldom to be worth a copy.
/// </summary>
/// <remarks>
/// The depth is cut into chunks, the rows of C into blocks whose A stays in the second-level cache, its columns into parts. Chunks follow
/// each other without a barrier: a part waits only until the chunk before has been added to it, so each element of C is summed in order
/// whoever computes it. A wide C is computed slice by slice of its columns, each through the whole depth, so that what is summed stays in
/// the cache.
/// </remarks>
internal sealed unsafe class InPlaceGemm<TKernel>(Workers workers, TileWriter<TKernel> writer) : IParallelJob
    where TKernel : struct, IGemmKernel
{
    private const int MaxDepth = 512; // measured: shallower, C passes more often; deeper, the blocks have few rows
    private const int SliceDepth = 256; // where C is cut into slices, passing is cheap
    private const int DepthUnit = 16;
    private const int BlockElements = 64 * 1024; // of A: a quarter of the second-level cache, and a quarter for the next
    private const int LeastTiles = 8; // of a part, so that handing it out costs little
    private const int SumUnit = 16; // columns of A that are summed together
    private const int SliceElements = 128 * 1024; // of C
    private const int WideElements = 4 * SliceElements; // more of C are cut into slices

    private int[] _progress = new int[64]; // per part: chunks added to C
    private GemmCall<float> _call;
    private int _depth, _chunks; // of the chunks but the last; their number
    private int _rows, _blocks; // of C in a block; their number
    private int _columns, _groups; // of C in a part; parts across C
    private int _sliceGroups; // parts across a slice; the last may have fewer
    private int _tailRows, _tailColumns; // last steps in which the last tile would read beyond the end of A or B

    public void Run(in GemmCall<float> call)
    {
        _call = call;
        var isWide = (long)call.M * call.N > WideElements;
        _chunks = Math.Max(1, Pieces(call.K, isWide ? SliceDepth : MaxDepth));
        _depth = Pieces(Pieces(call.K, _chunks), DepthUnit) * DepthUnit;
        _chunks = Math.Max(1, Pieces(call.K, Math.Max(1, _depth)));
        int panels = Pieces(call.M, TKernel.Rows), most = Math.Max(1, BlockElements / Math.Max(1, _depth) / TKernel.Rows);
        _blocks = Pieces(panels, most);
        _rows = Pieces(panels, _blocks) * TKernel.Rows;
        _blocks = Pieces(call.M, _rows);
        _columns = Pieces(LeastTiles, Pieces(_rows, TKernel.Rows)) * TKernel.Columns;
        _groups = Pieces(call.N, _columns);
        _sliceGroups = isWide ? Math.Max(1, SliceElements / call.M / _columns) : _groups;
        _tailRows = Tail(call.M % TKernel.Rows, TileWriter<TKernel>.Height(call.M % TKernel.Rows), call.Lda);
        _tailColumns = Tail(call.N % TKernel.Columns, TileWriter<TKernel>.Width(call.N % TKernel.Columns), call.Ldb);
        var parts = _blocks * _groups;
        PieceOrder.Reset(ref _progress, parts);
        workers.Run(this, _chunks * parts);
    }

    private static int Pieces(int size, int most) => (size + most - 1) / most;

    // Steps, from the end, whose row ends the matrix before the tile's last element.
    private static int Tail(int have, int read, nint stride) => have == 0 ? 0 : (int)((read - have + stride - 1) / stride);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void IParallelJob.Run(int index, int worker)
    {
        (var chunk, var block, var group) = Place(index);
        var part = block * _groups + group;
        int from = chunk * _depth, depth = Math.Min(_depth, _call.K - from);
        int row = block * _rows, endRow = Math.Min(_call.M, row + _rows);
        int column = group * _columns, endColumn = Math.Min(_call.N, column + _columns);
        (var nextB, var nextA) = LookAhead(index, chunk, block, group);
        PieceOrder.Await(ref _progress[part], chunk);
        if (_call.RowSums != null)
            for (var i = row + group * SumUnit; i < endRow; i += _groups * SumUnit)
                Panels.SumColumns(_call.A + from * _call.Lda + i, _call.Lda, depth, Math.Min(SumUnit, endRow - i), _call.RowSums + i,
                    chunk > 0 || _call.Accumulate);

        var tile = new GemmTile { RowA = 1 };
        for (int j = column, done = 0; j < endColumn; j += TKernel.Columns)
            for (var i = row; i < endRow; i += TKernel.Rows, done++)
            {
                var tail = Math.Max(i + TKernel.Rows > _call.M ? _tailRows : 0, j + TKernel.Columns > _call.N ? _tailColumns : 0);
                bool first = chunk == 0, last = chunk == _chunks - 1;
                if (from + depth > _call.K - tail)
                {
                    MultiplyCopied(i, j, from, depth, first, last);
                    continue;
                }

                tile.Depth = depth;
                tile.A = _call.A + from * _call.Lda + i;
                tile.StepA = _call.Lda;
                tile.B = _call.B + from * _call.Ldb + j;
                tile.StepB = _call.Ldb;
                if (done < nextB.Tiles) nextB.Ask(ref tile, done);
                else nextA.Ask(ref tile, done - nextB.Tiles);
                writer.Multiply(ref tile, i, j, first, last);
            }
        Volatile.Write(ref _progress[part], chunk + 1);
    }

    // A chunk in whose last steps the tile would read beyond the end of A or B is copied, whole: cut in two its sum had other bits.
    private void MultiplyCopied(int row, int column, int from, int depth, bool first, bool last)
    {
        float* a = stackalloc float[depth * TKernel.Rows], b = stackalloc float[depth * TKernel.Columns];
        Panels.Copy(_call.A + from * _call.Lda + row, _call.Lda, Math.Min(TKernel.Rows, _call.M - row), depth, a, TKernel.Rows);
        Panels.Copy(_call.B + from * _call.Ldb + column, _call.Ldb, Math.Min(TKernel.Columns, _call.N - column), depth, b, TKernel.Columns);
        var tile = new GemmTile { Depth = depth, A = a, RowA = 1, StepA = TKernel.Rows, B = b, StepB = TKernel.Columns, Ahead = (byte*)b };
        writer.Multiply(ref tile, row, column, first, last);
    }

    // What stands at a place of the sequence: a part of a block of C, by a chunk of the depth.
    private (int Chunk, int Block, int Group) Place(int index)
    {
        (var slice, var rest) = Math.DivRem(index, _chunks * _blocks * _sliceGroups);
        var groups = Math.Min(_sliceGroups, _groups - slice * _sliceGroups);
        (var chunk, var part) = Math.DivRem(rest, _blocks * groups);
        (var block, var group) = Math.DivRem(part, groups);
        return (chunk, block, slice * _sliceGroups + group);
    }

    // What will soon be read from far away: B of the part that this worker will probably compute next, and its share of
    // the next block of A, which every worker needs near itself.
    private (AheadRegion NextB, AheadRegion NextA) LookAhead(int index, int chunk, int block, int group)
    {
        if (index + workers.Threads >= _chunks * _blocks * _groups) return default;
        (var nextChunk, _, var nextGroup) = Place(index + workers.Threads);
        var column = nextGroup * _columns;
        var b = AheadRegion.Steps(_call.B + nextChunk * _depth * _call.Ldb + column, _call.Ldb, Math.Min(_columns, _call.N - column));

        var groups = Math.Min(_sliceGroups, _groups - group / _sliceGroups * _sliceGroups);
        int shares = Math.Max(1, groups / workers.Threads), share = group % _sliceGroups / workers.Threads;
        if (_chunks * _blocks == 1 || share >= shares) return (b, default);
        if (++block == _blocks) (block, chunk) = (0, (chunk + 1) % _chunks);
        int row = block * _rows, rows = Math.Min(_rows, _call.M - row), begin = rows * share / shares, end = rows * (share + 1) / shares;
        return (b, AheadRegion.Steps(_call.A + chunk * _depth * _call.Lda + row + begin, _call.Lda, end - begin));
    }
}
