using System.Runtime.InteropServices;
using Consort.Foundation.Memory;

namespace Consort.Foundation.Tests.Memory;

public sealed class MemoryNodesTests
{
    [Theory]
    [InlineData("0\n", 0b1)]
    [InlineData("0-1", 0b11)]
    [InlineData("0-1,3", 0b1011)]
    [InlineData("", 0b1)]
    [InlineData("nonsense", 0b1)]
    public void MaskOf_AListOfTheSystem_HasABitForEachNode(string list, ulong expected) => Assert.Equal(expected, MemoryNodes.MaskOf(list));

    [Fact]
    public unsafe void Deal_FreshMemory_IsTakenByTheSystem()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64,
            "memory nodes are asked for as on Linux");
        var data = NativeMemory.AlignedAlloc(4 * LargePages.PageBytes, LargePages.PageBytes);
        try
        {
            Assert.SkipUnless(MemoryNodes.Deal((nint)data, 4 * LargePages.PageBytes, MemoryNodes.Mask), "the system forbids mbind");
            Assert.False(MemoryNodes.Deal((nint)data, 4 * LargePages.PageBytes, 1UL << 63)); // a node that is not there
            new Span<byte>(data, 1 << 20).Fill(7);
        }
        finally
        {
            NativeMemory.AlignedFree(data);
        }
    }
}
