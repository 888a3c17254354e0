namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>A number that is part of a type.</summary>
internal interface ITileSize
{
    static abstract int Value { get; }
}

internal readonly struct Size1 : ITileSize
{
    public static int Value => 1;
}

internal readonly struct Size2 : ITileSize
{
    public static int Value => 2;
}

internal readonly struct Size3 : ITileSize
{
    public static int Value => 3;
}

internal readonly struct Size6 : ITileSize
{
    public static int Value => 6;
}

internal readonly struct Size8 : ITileSize
{
    public static int Value => 8;
}

internal readonly struct Size14 : ITileSize
{
    public static int Value => 14;
}
